package io.tidemill.inference.operator;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/**
 * What a JVM may take of memory, and what there is of it. Immutable.
 *
 * @param heapBytes the most that its heap grows to
 * @param directBytes the most of direct memory; all there is where nothing says it
 * @param machineBytes of the machine, or of the container that it runs in; 0 if nobody knows
 * @param said whether a person has said how much it takes, or the JVM goes by what the machine has
 */
public record ProcessMemory(long heapBytes, long directBytes, long machineBytes, boolean said) {
  private static final String HEAP = "MaxHeapSize";
  private static final String DIRECT = "MaxDirectMemorySize";
  private static final List<String> LIMITS =
      List.of(
          HEAP,
          DIRECT,
          "InitialHeapSize",
          "MinHeapSize",
          "MaxRAM",
          "MaxRAMPercentage",
          "MaxRAMFraction");

  /** Where the JVM has a limit from that nobody has said. */
  private static final List<String> UNSAID = List.of("DEFAULT", "ERGONOMIC");

  /** That of this process. */
  public static ProcessMemory ofThis() {
    long heap = Runtime.getRuntime().maxMemory();
    Optional<CompositeData> direct = option(DIRECT);
    return new ProcessMemory(
        option(HEAP).map(ProcessMemory::number).orElse(heap),
        direct
            .map(ProcessMemory::number)
            .map(limit -> limit > 0 ? limit : heap)
            .orElse(Long.MAX_VALUE),
        memoryOfMachine(),
        option(HEAP).isEmpty() || LIMITS.stream().anyMatch(ProcessMemory::isSaid));
  }

  private static boolean isSaid(String limit) {
    return option(limit)
        .filter(option -> !UNSAID.contains(String.valueOf(option.get("origin"))))
        .isPresent();
  }

  private static long number(CompositeData option) {
    return Long.parseLong(String.valueOf(option.get("value")));
  }

  private static Optional<CompositeData> option(String name) {
    try {
      return Optional.of(
          (CompositeData)
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                      "getVMOption",
                      new Object[] {name},
                      new String[] {String.class.getName()}));
    } catch (JMException | RuntimeException otherJvm) {
      return Optional.empty();
    }
  }

  private static long memoryOfMachine() {
    try {
      return (Long)
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(
                  new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME),
                  "TotalMemorySize");
    } catch (JMException | RuntimeException otherJvm) {
      return 0;
    }
  }
}
