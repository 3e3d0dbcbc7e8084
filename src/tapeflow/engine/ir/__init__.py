"""The intermediate representation: what an operation *is*, before anybody runs it.

`Primitive` (the declaration form), `Spec` and the shape rules, the builder protocol that `lower`
is written against, and the samples every registry test draws from. Knows dtypes and shapes
(`core`), and nothing of tensors, tapes or devices.
"""
