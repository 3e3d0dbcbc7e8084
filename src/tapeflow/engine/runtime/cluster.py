"""`tf.train.ClusterSpec`: which machines would do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeflow.engine.core.compatibility import as_text
from tapeflow.engine.core.export import export


@export("train.ClusterSpec", "compat.v1.train.ClusterSpec")
class ClusterSpec:
    """Machines, as lists of addresses by job.

    Args:
      cluster: a dict from job names to lists of addresses (or dicts from task numbers to
        addresses), another `ClusterSpec`, or a `ClusterDef` protocol buffer.

    Raises:
      TypeError: for anything else.

    Example:
      >>> import tapeflow as tf
      >>> spec = tf.train.ClusterSpec({"worker": ["a:1", "b:2"]})
      >>> spec.num_tasks("worker"), spec.task_address("worker", 1)
      (2, 'b:2')
    """

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            self._jobs: dict[str, dict[int, str]] = {j: dict(t) for j, t in cluster._jobs.items()}
        elif isinstance(cluster, Mapping):
            self._jobs = {_job(job): _tasks(job, tasks) for job, tasks in cluster.items()}
        elif hasattr(cluster, "job") and hasattr(cluster, "SerializeToString"):
            self._jobs = {
                job.name: {int(i): as_text(a) for i, a in job.tasks.items()} for job in cluster.job
            }
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                "addresses, or a `ClusterDef` protocol buffer"
            )

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = self.as_dict()
        return f"ClusterSpec({dict(sorted(shown.items()))})"

    def as_dict(self) -> dict[str, Any]:
        """The addresses by job: lists, or dicts where task numbers have gaps."""
        return {
            job: [tasks[i] for i in sorted(tasks)]
            if sorted(tasks) == [*range(len(tasks))]
            else tasks
            for job, tasks in self._jobs.items()
        }

    def as_cluster_def(self) -> Any:
        """A `tf.train.ClusterDef` with the same content."""
        from tapeflow.engine.runtime.messages import ClusterDef, JobDef

        return ClusterDef(
            job=[JobDef(name=job, tasks=self._jobs[job]) for job in sorted(self._jobs)]
        )

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has.

        Args:
          job_name: the job.

        Raises:
          ValueError: when there is no such job.
        """
        return len(self._of(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks, sorted.

        Args:
          job_name: the job.

        Raises:
          ValueError: when there is no such job.
        """
        return sorted(self._of(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task.

        Args:
          job_name: the job.
          task_index: the task's number.

        Raises:
          ValueError: when there is no such job or task.
        """
        tasks = self._of(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of a job's tasks by number, None where a number is missing.

        Args:
          job_name: the job.

        Raises:
          ValueError: when there is no such job.
        """
        tasks = self._of(job_name)
        return [tasks.get(i) for i in range(max(tasks) + 1)] if tasks else []

    def _of(self, job_name: str) -> dict[int, str]:
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}")
        return self._jobs[job_name]


def _job(name: Any) -> str:
    if not isinstance(name, (str, bytes)):
        raise TypeError(f"Job name {name!r} must be bytes or unicode")
    return as_text(name)


def _tasks(job: Any, tasks: Any) -> dict[int, str]:
    if isinstance(tasks, (list, tuple)):
        pairs = list(enumerate(tasks))
    elif isinstance(tasks, Mapping):
        pairs = [(int(i), address) for i, address in tasks.items()]
    else:
        raise TypeError(
            f"The tasks for job {job!r} must be a list or a dictionary from integers to strings."
        )
    made = {}
    for i, address in pairs:
        if not isinstance(address, (str, bytes)):
            raise TypeError(f"Task address {address!r} must be bytes or unicode")
        made[i] = as_text(address)
    return made
