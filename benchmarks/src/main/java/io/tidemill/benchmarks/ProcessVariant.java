package io.tidemill.benchmarks;

import java.io.Serializable;
import java.util.List;

/**
 * A variant that is measured in a process of its own, by turns with those that it is compared with:
 * what holds for a whole process, such as the engine's settings, is then as this variant's user has
 * it, and what else the machine does slows all of them alike.
 */
interface ProcessVariant extends Variant, Serializable {
  /** Runs the variant, and between turns keeps it from running, until there is no other. Blocks. */
  void measure(Turns turns) throws Exception;

  /** Options of its JVM, after this one's. */
  default List<String> options() {
    return List.of();
  }

  /** The class path of its JVM: this one's, mostly. */
  default String classPath() {
    return System.getProperty("java.class.path");
  }
}
