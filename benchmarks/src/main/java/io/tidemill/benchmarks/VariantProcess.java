package io.tidemill.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A variant that runs in a process of its own, with this one's class path and options, whenever it
 * is its turn. It begins afresh: no variant runs with the engine's settings, the compiled code or
 * the garbage of another.
 *
 * <p>Not thread-safe.
 */
final class VariantProcess implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 900_000;
  private static final int END_MILLIS = 20_000;
  private static final int POLL_MILLIS = 100;

  private final String variant;
  private final Process process;
  private final Path log;
  private final Socket socket;
  private final ObjectOutputStream turns;
  private final ObjectInputStream measurements;

  private record Request(ProcessVariant variant, Duration warmUp) implements Serializable {}

  /** The other process has warmed up. */
  private record Ready() implements Serializable {}

  private VariantProcess(String variant, Process process, Path log, Socket socket)
      throws IOException {
    this.variant = variant;
    this.process = process;
    this.log = log;
    this.socket = socket;
    this.turns = new ObjectOutputStream(socket.getOutputStream());
    turns.flush();
    this.measurements = new ObjectInputStream(socket.getInputStream());
  }

  /**
   * Starts a process and waits until its variant has warmed up.
   *
   * @param folder for its output, kept for the message of a failure
   * @throws IllegalStateException with the process's output if it failed or is not ready in time
   */
  static VariantProcess start(ProcessVariant variant, Duration warmUp, Path folder)
      throws IOException {
    Path log = folder.resolve(variant.name() + ".log");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process process = start(variant, server.getLocalPort(), log);
      try {
        Socket socket = accept(server, variant.name(), process, log);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) warmUp.toMillis() + PATIENCE_MILLIS);
        VariantProcess started = new VariantProcess(variant.name(), process, log, socket);
        started.send(new Request(variant, warmUp));
        started.receive();
        return started;
      } catch (IOException | RuntimeException e) {
        process.destroyForcibly();
        throw e;
      }
    }
  }

  private static Process start(ProcessVariant variant, int port, Path log) throws IOException {
    List<String> command =
        new JavaProgram(VariantProcess.class, List.of(Integer.toString(port)))
            .command(variant.options(), variant.classPath());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static Socket accept(ServerSocket server, String variant, Process process, Path log)
      throws IOException {
    server.setSoTimeout(POLL_MILLIS);
    long startNanos = System.nanoTime();
    while (System.nanoTime() - startNanos < TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS)) {
      try {
        return server.accept();
      } catch (SocketTimeoutException e) {
        if (!process.isAlive()) {
          break;
        }
      }
    }
    throw failure(variant, log);
  }

  /**
   * Lets the variant run for this long and answers what it measured. Blocks.
   *
   * @throws IllegalStateException with the process's output if it failed
   */
  Measurement turn(Duration length) throws IOException {
    send(length);
    return (Measurement) receive();
  }

  private void send(Serializable message) throws IOException {
    turns.writeObject(message);
    turns.flush();
  }

  private Object receive() throws IOException {
    try {
      return measurements.readObject();
    } catch (IOException e) {
      throw failure(variant, log);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("process of variant '" + variant + "'", e);
    }
  }

  private static IllegalStateException failure(String variant, Path log) throws IOException {
    return new IllegalStateException(
        "process of variant '%s': ended or does not answer (expected: a measurement); it printed:%n%s"
            .formatted(variant, Files.readString(log)));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    try {
      process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  /** The other process: measures what it is sent to the port, by turns, until that is closed. */
  public static void main(String[] port) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port[0]));
        ObjectOutputStream out = new ObjectOutputStream(socket.getOutputStream())) {
      socket.setTcpNoDelay(true);
      out.flush();
      ObjectInputStream in = new ObjectInputStream(socket.getInputStream());
      Request request = (Request) in.readObject();
      request.variant().measure(new RemoteTurns(request.warmUp(), in, out));
    }
    // Engines and peers leave threads behind.
    System.exit(0);
  }

  private static final class RemoteTurns implements Turns {
    private final Duration warmUp;
    private final ObjectInputStream in;
    private final ObjectOutputStream out;
    private boolean ready;

    RemoteTurns(Duration warmUp, ObjectInputStream in, ObjectOutputStream out) {
      this.warmUp = warmUp;
      this.in = in;
      this.out = out;
    }

    @Override
    public Duration warmUp() {
      return warmUp;
    }

    @Override
    public Optional<Duration> next() throws IOException, ClassNotFoundException {
      if (!ready) {
        ready = true;
        send(new Ready());
      }
      try {
        return Optional.of((Duration) in.readObject());
      } catch (EOFException e) {
        return Optional.empty();
      }
    }

    @Override
    public void end(Measurement measurement) throws IOException {
      send(measurement);
    }

    private void send(Serializable message) throws IOException {
      out.writeObject(message);
      out.flush();
    }
  }
}
