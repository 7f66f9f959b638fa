package io.tidemill.model.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What stands before an HTTP server on this machine, counts what clients read of it, and answers
 * busy to more requests at once than it takes. It passes on requests without a body alone.
 *
 * <p>Thread-safe.
 */
public final class StoreFront implements AutoCloseable {
  private static final int BACKLOG = 4_096;
  private static final String BUSY =
      "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n";

  private final ServerSocket listening;
  private final String[] server;
  private final int atOnce;
  private final Busy busy;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(null, work, "front", 1 << 18);
            thread.setDaemon(true);
            return thread;
          });
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger mostConnections = new AtomicInteger();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong bodyBytes = new AtomicLong();
  private final Queue<IOException> failures = new ConcurrentLinkedQueue<>();

  /**
   * What it answers to those who are too many.
   *
   * @param status the status, and further lines of the head
   */
  public record Busy(String status, String body) {
    /** A registry's. */
    public static final Busy REGISTRY = new Busy("429 Too Many Requests\r\nRetry-After: 1", "");

    /** That of S3, which does not say for how long. */
    public static final Busy S3 =
        new Busy(
            "503 Slow Down\r\nContent-Type: application/xml",
            "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");

    private byte[] answer(boolean bodiless) {
      return (BUSY.formatted(status, body.length()) + (bodiless ? "" : body)).getBytes(US_ASCII);
    }
  }

  /**
   * What went through.
   *
   * @param requests that the server answered
   * @param refused those that were one too many at once
   * @param bodyBytes that the server answered, without heads
   * @param mostConnections that were open at once
   */
  public record Passed(long requests, long refused, long bodyBytes, int mostConnections) {}

  /**
   * Starts it.
   *
   * @param server its address, such as {@code 127.0.0.1:5000}
   * @param atOnce how many requests it takes at once
   * @param busy its answer to others
   */
  public StoreFront(String server, int atOnce, Busy busy) throws IOException {
    this.server = server.split(":", 2);
    this.atOnce = atOnce;
    this.busy = busy;
    this.listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  /** Its own address. */
  public String host() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** What has gone through since this was asked last. */
  public Passed taken() {
    return new Passed(
        requests.getAndSet(0),
        refused.getAndSet(0),
        bodyBytes.getAndSet(0),
        mostConnections.getAndSet(connections.get()));
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        threads.execute(() -> serve(client));
      }
    } catch (IOException | RejectedExecutionException closed) {
      // By the test.
    }
  }

  private void serve(Socket client) {
    mostConnections.accumulateAndGet(connections.incrementAndGet(), Math::max);
    try (client) {
      passOn(client);
    } catch (IOException e) {
      failed(e);
    } finally {
      connections.decrementAndGet();
    }
  }

  /** Tells of a failure before the client is let go, who may close this at once. */
  private void passOn(Socket client) {
    try (Socket upstream = new Socket(server[0], Integer.parseInt(server[1]))) {
      InputStream asked = new BufferedInputStream(client.getInputStream());
      InputStream answered = new BufferedInputStream(upstream.getInputStream());
      for (String head = next(asked); !head.isEmpty(); head = next(asked)) {
        boolean bodiless = head.startsWith("HEAD ");
        if (running.incrementAndGet() > atOnce) {
          running.decrementAndGet();
          refused.incrementAndGet();
          client.getOutputStream().write(busy.answer(bodiless));
          return;
        }
        try {
          requests.incrementAndGet();
          upstream.getOutputStream().write(head.getBytes(ISO_8859_1));
          answer(bodiless, answered, client.getOutputStream());
        } finally {
          running.decrementAndGet();
        }
      }
    } catch (IOException e) {
      failed(e);
    }
  }

  private void failed(IOException failure) {
    if (!listening.isClosed()) {
      failures.add(failure);
    }
  }

  private void answer(boolean bodiless, InputStream in, OutputStream out) throws IOException {
    String head = head(in);
    if (head.isEmpty()) {
      throw new EOFException("no answer");
    }
    out.write(head.getBytes(ISO_8859_1));
    String lower = head.toLowerCase(Locale.ROOT);
    if (!bodiless) {
      if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
        for (long bytes = 1; bytes > 0; ) {
          String size = line(in);
          out.write(size.getBytes(ISO_8859_1));
          bytes = Long.parseLong(size.strip(), 16);
          pass(bytes, in, out);
          out.write(line(in).getBytes(ISO_8859_1));
        }
      } else if (lower.contains("\r\ncontent-length: ")) {
        String rest = lower.substring(lower.indexOf("\r\ncontent-length: ") + 18);
        pass(Long.parseLong(rest.substring(0, rest.indexOf('\r'))), in, out);
      }
    }
    out.flush();
  }

  private void pass(long bytes, InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 14];
    for (long left = bytes; left > 0; ) {
      int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        throw new EOFException();
      }
      out.write(buffer, 0, count);
      bodyBytes.addAndGet(count);
      left -= count;
    }
  }

  /** The next request; empty where the client goes, as it may between two. */
  private static String next(InputStream asked) {
    try {
      return head(asked);
    } catch (IOException gone) {
      return "";
    }
  }

  /** Up to and with the empty line; empty at the end. */
  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    String line;
    do {
      line = line(in);
      head.append(line);
    } while (line.length() > 2);
    return head.toString();
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      line.append((char) next);
      if (next == '\n') {
        break;
      }
    }
    return line.toString();
  }

  /** Fails if a connection did not end in order while it stood. */
  @Override
  public void close() throws IOException {
    listening.close();
    threads.shutdownNow();
    if (!failures.isEmpty()) {
      IOException failed = new IOException(failures.size() + " connections failed");
      failures.forEach(failed::addSuppressed);
      throw failed;
    }
  }
}
