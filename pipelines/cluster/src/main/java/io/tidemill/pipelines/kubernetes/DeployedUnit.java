package io.tidemill.pipelines.kubernetes;

/**
 * A unit that pods have instead of the job's file.
 *
 * @param path where they have it, in their image or below a claim
 * @param version its name, number and digest
 * @param store where pods of a streaming job have its versions, which the first of them publishes
 */
public record DeployedUnit(String path, String version, String store) {
  public DeployedUnit {
    if (!Claim.isPath(path)) {
      throw new IllegalArgumentException(
          "unit: path '%s' (expected: an absolute path without '.' and '..', as in /opt/tidemill/units/fraud-1.0.0.tar)"
              .formatted(path));
    }
  }
}
