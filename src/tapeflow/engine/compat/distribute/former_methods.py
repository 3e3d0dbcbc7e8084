"""Methods of strategies that TensorFlow keeps for older programs."""

from __future__ import annotations

from typing import Any, NoReturn


class FormerMethods:
    """The older names of what a strategy does."""

    def experimental_distribute_datasets_from_function(
        self, dataset_fn: Any, options: Any = None
    ) -> Any:
        """The former name of `distribute_datasets_from_function`."""
        return self.distribute_datasets_from_function(dataset_fn, options)  # type: ignore[attr-defined]

    def experimental_run(self, fn: Any, input_iterator: Any = None) -> Any:
        """Runs a function on the next element of an iterator.

        Args:
          fn: the function.
          input_iterator: the iterator, or None for a function without arguments.
        """
        args = () if input_iterator is None else (input_iterator.get_next(),)
        return self.run(fn, args=args)  # type: ignore[attr-defined]

    def unwrap(self, value: Any) -> tuple[Any, ...]:
        """The former name of `experimental_local_results`."""
        return self.experimental_local_results(value)  # type: ignore[attr-defined, no-any-return]

    def group(self, value: Any, name: str | None = None) -> None:
        """Waits for what `run` returned: it is there already."""

    def colocate_vars_with(self, colocate_with_variable: Any) -> Any:
        """The former place of `extended.colocate_vars_with`."""
        return self.extended.colocate_vars_with(colocate_with_variable)  # type: ignore[attr-defined]

    def configure(
        self,
        session_config: Any = None,
        cluster_spec: Any = None,
        task_type: Any = None,
        task_id: Any = None,
    ) -> None:
        """Accepted: there are no sessions and no cluster to prepare."""

    def update_config_proto(self, config_proto: Any) -> Any:
        """The configuration of a session as it is."""
        return config_proto

    def make_dataset_iterator(self, dataset: Any) -> NoReturn:
        """Refused.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "Strategy.make_dataset_iterator belongs to TensorFlow 1's sessions; use "
            "iter(strategy.experimental_distribute_dataset(dataset))."
        )

    def make_input_fn_iterator(self, input_fn: Any, replication_mode: Any = None) -> NoReturn:
        """Refused.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "Strategy.make_input_fn_iterator belongs to TensorFlow 1's sessions; use "
            "iter(strategy.distribute_datasets_from_function(input_fn))."
        )
