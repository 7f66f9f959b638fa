package io.tidemill.pipelines.nightly;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Optional;

/**
 * The process that runs a job for a date.
 *
 * @param host the name of its machine
 * @param process its number there
 * @param started when it began, as its machine says; another process may get its number later
 */
public record Owner(String host, long process, String started) {
  private static final String UNKNOWN = "";

  /** This process. */
  public static Owner ofProcess() {
    ProcessHandle own = ProcessHandle.current();
    return new Owner(hostName(), own.pid(), started(own));
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unnamed) {
      return UNKNOWN;
    }
  }

  private static String started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse(UNKNOWN);
  }

  /**
   * Whether it runs, where this machine can tell.
   *
   * @return empty for a process of another machine
   */
  Optional<Boolean> lives() {
    if (host.equals(UNKNOWN) || !host.equals(hostName())) {
      return Optional.empty();
    }
    return Optional.of(
        ProcessHandle.of(process)
            .filter(ProcessHandle::isAlive)
            .filter(found -> started(found).equals(started))
            .isPresent());
  }

  @Override
  public String toString() {
    return "process %d on %s".formatted(process, host);
  }
}
