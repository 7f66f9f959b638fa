package io.tidemill.pipelines.yaml;

import static java.util.Objects.requireNonNull;

/**
 * A variable of the environment in a job's file.
 *
 * @param path of the value that it is a part of, as in {@code sink.properties.sasl.jaas.config}
 * @param text that value as the file has it: without those of variables, but for their defaults
 * @param optional whether there is a default for it
 */
public record VariableUse(String path, String text, String name, boolean optional) {
  public VariableUse {
    requireNonNull(path, "path");
    requireNonNull(text, "text");
    requireNonNull(name, "name");
  }
}
