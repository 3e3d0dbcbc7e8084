"""Tensors and how an operation runs on them: conversion, dispatch, composite tensors, devices.

Stands on `ir` and `core`; every operation is called through `dispatch`.
"""
