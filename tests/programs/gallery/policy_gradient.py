"""REINFORCE and an actor-critic on a corridor, with categorical sampling and discounted returns."""

import numpy as np


def program(tf):
    tf.random.set_seed(15)
    length = 5
    policy = tf.Variable(tf.zeros([length, 2]), name="policy")
    values = tf.Variable(tf.zeros([length]), name="values")
    optimizer = tf.compat.v1.train.AdamOptimizer(0.2)

    def episode():
        place, visited, taken, rewards = 2, [], [], []
        for _ in range(10):
            logits = policy[place][tf.newaxis]
            action = int(tf.random.categorical(logits, 1)[0, 0])
            visited.append(place)
            taken.append(action)
            place += 1 if action else -1
            if place in (-1, length):
                rewards.append(1.0 if place == length else -1.0)
                break
            rewards.append(-0.05)
        return visited, taken, rewards

    lengths, losses = [], []
    for _ in range(12):
        visited, taken, rewards = episode()
        array = tf.TensorArray(tf.float32, size=len(rewards))
        total = tf.constant(0.0)
        for t in tf.range(len(rewards) - 1, -1, -1):
            total = rewards[int(t)] + 0.95 * total
            array = array.write(t, total)
        returns = array.stack()
        with tf.GradientTape() as tape:
            log_probs = tf.nn.log_softmax(tf.gather(policy, visited))
            chosen = tf.gather(log_probs, taken, batch_dims=1)
            baseline = tf.gather(values, visited)
            advantage = tf.stop_gradient(returns - baseline)
            entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1)
            actor = -tf.reduce_mean(chosen * advantage + 0.01 * entropy)
            critic = 0.5 * tf.reduce_mean((returns - baseline) ** 2)
            loss = actor + critic
        gradients = tape.gradient(loss, [policy, values])
        optimizer.apply_gradients(zip(gradients, [policy, values]))
        lengths.append(len(rewards))
        losses.append(float(loss))
    best = tf.argmax(policy, 1)
    arrows = "".join("<>"[a] for a in best.numpy())
    return lengths, np.array(losses, np.float32), policy, values, len(arrows)
