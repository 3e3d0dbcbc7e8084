"""What pipelines are made of when they run: stages, and the streams of elements they open."""
