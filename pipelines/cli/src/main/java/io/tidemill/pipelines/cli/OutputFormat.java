package io.tidemill.pipelines.cli;

/** Who reads what a command prints: a person or a machine. */
enum OutputFormat {
  TABLE,
  JSON,
  YAML
}
