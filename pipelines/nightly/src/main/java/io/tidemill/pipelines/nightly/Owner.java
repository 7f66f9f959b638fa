package io.tidemill.pipelines.nightly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The process that runs a job for a date.
 *
 * @param host the name of its machine
 * @param process its number there
 * @param started when it began, as its machine says; another process may get its number later
 * @param numbering which processes its number is one of: containers of one name each count their
 *     own; empty where the machine does not say
 */
public record Owner(String host, long process, String started, String numbering) {
  private static final String UNKNOWN = "";
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path PROCESSES = Path.of("/proc/self/ns/pid");

  /**
   * A process.
   *
   * @param numbering null in an account that does not say
   */
  public Owner(String host, long process, String started, @Nullable String numbering) {
    this.host = host;
    this.process = process;
    this.started = started;
    this.numbering = numbering == null ? UNKNOWN : numbering;
  }

  /** This process. */
  public static Owner ofProcess() {
    ProcessHandle own = ProcessHandle.current();
    return new Owner(hostName(), own.pid(), started(own), ownNumbering());
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

  private static String ownNumbering() {
    try {
      return Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(PROCESSES);
    } catch (IOException | UnsupportedOperationException notLinux) {
      return UNKNOWN;
    }
  }

  /**
   * Whether it runs, where this machine can tell.
   *
   * @return empty for a process of another machine or container, or before this machine's last
   *     start, and for one whose number another process may have
   */
  Optional<Boolean> lives() {
    boolean here = numbering.equals(ownNumbering()) && host.equals(hostName());
    if (!here || host.equals(UNKNOWN) || numbering.equals(UNKNOWN)) {
      return Optional.empty();
    }
    Optional<ProcessHandle> found = ProcessHandle.of(process).filter(ProcessHandle::isAlive);
    if (found.isEmpty()) {
      return Optional.of(false);
    }
    // A process that starts after the clock was set sees all others start at other times.
    return started(found.get()).equals(started) ? Optional.of(true) : Optional.empty();
  }

  @Override
  public String toString() {
    return "process %d on %s".formatted(process, host);
  }
}
