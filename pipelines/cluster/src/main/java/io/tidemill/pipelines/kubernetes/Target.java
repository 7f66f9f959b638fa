package io.tidemill.pipelines.kubernetes;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a person says of the cluster, which the job's file does not.
 *
 * @param image of the pods
 * @param namespace of the objects; null for that of whoever applies them
 * @param name of the objects; null for one made of the job's
 * @param secret where the values of variables are; null for one named after the objects
 * @param variables of the pods beside those that the job's file takes
 * @param claims volumes that the pods have
 * @param store of the models for the pods; null for that of the plan
 * @param flinkOptions that win over the job's own
 * @param unit that pods have; null where they have the job's file
 * @param suspended whether nothing runs until a person says so
 */
public record Target(
    String image,
    @Nullable String namespace,
    @Nullable String name,
    @Nullable String secret,
    List<String> variables,
    List<Claim> claims,
    @Nullable String store,
    Map<String, String> flinkOptions,
    @Nullable DeployedUnit unit,
    boolean suspended) {
  /**
   * Checks.
   *
   * @throws IllegalArgumentException naming what it cannot be
   */
  public Target {
    requireNonNull(image, "image");
    if (image.isBlank() || image.chars().anyMatch(letter -> letter <= ' ')) {
      throw new IllegalArgumentException(
          "image: '%s' (expected: an image, as in registry.example.org/tidemill:0.1.0)"
              .formatted(image));
    }
    if (namespace != null && !namespace.matches("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException(
          "namespace: '%s' (expected: 1 to 63 lower-case letters, digits and '-')"
              .formatted(namespace));
    }
    if (name != null) {
      new ObjectName(name);
    }
    if (secret != null) {
      ObjectName.check("secret", secret);
    }
    variables = List.copyOf(variables);
    for (String variable : variables) {
      if (!variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw new IllegalArgumentException(
            "variable: '%s' (expected: a name, as in AWS_ACCESS_KEY_ID, whose value is in the Secret)"
                .formatted(variable));
      }
    }
    claims = List.copyOf(claims);
    // In their order, which the objects show.
    flinkOptions = Collections.unmodifiableMap(new LinkedHashMap<>(flinkOptions));
  }
}
