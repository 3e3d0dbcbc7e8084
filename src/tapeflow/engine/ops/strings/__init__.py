"""Operations on tensors of byte strings."""
