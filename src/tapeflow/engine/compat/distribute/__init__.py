"""`tf.distribute` on one device: strategies with one replica."""
