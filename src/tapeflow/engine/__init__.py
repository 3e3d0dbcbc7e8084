"""The engine: everything that computes, below the generated public namespaces.

Its packages are layers; each imports only from those before it in `core`, `ir`, `runtime`, `ops`,
`variables`, `autodiff`, `optimizers`. Programs import `tapeflow`, never this package.
"""
