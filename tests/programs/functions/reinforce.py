"""A policy gradient: episodes rolled out in the graph, discounted returns, a baseline."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(12)
    states, actions = 5, 2
    policy = tf.Variable(rng.randn(states, actions).astype(np.float32) * 0.1)
    baseline = tf.Variable(0.0, trainable=False)

    def environment(state, action):
        """A corridor: moving right at its end is worth one and starts over."""
        state = tf.clip_by_value(state + 2 * action - 1, 0, states - 1)
        reward = tf.cast(state == states - 1, tf.float32)
        return tf.where(state == states - 1, 0, state), reward

    @tf.function
    def episode(seed, steps):
        logs = tf.TensorArray(tf.float32, size=steps)
        rewards = tf.TensorArray(tf.float32, size=steps)
        state = tf.constant(0)
        for t in tf.range(steps):
            logits = policy[state][None]
            action = tf.random.stateless_categorical(logits, 1, seed + t, tf.int32)[0, 0]
            logs = logs.write(t, tf.nn.log_softmax(logits)[0, action])
            state, reward = environment(state, action)
            rewards = rewards.write(t, reward)
        return logs.stack(), rewards.stack()

    @tf.function
    def discounted(rewards, gamma):
        out = tf.scan(lambda total, r: r + gamma * total, rewards, reverse=True)
        out.set_shape(rewards.shape)
        return out

    @tf.function
    def train(seed):
        with tf.GradientTape() as tape:
            logs, rewards = episode(seed, tf.constant(20))
            returns = discounted(rewards, 0.9)
            loss = -tf.reduce_sum(logs * tf.stop_gradient(returns - baseline))
        policy.assign_sub(0.2 * tape.gradient(loss, policy))
        baseline.assign(0.9 * baseline + 0.1 * tf.reduce_mean(returns))
        return loss, tf.reduce_sum(rewards)

    history = [train(tf.constant([i, 100 * i])) for i in range(12)]
    return history, policy, baseline, tf.nn.softmax(policy)[:, 1]
