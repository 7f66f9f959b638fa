package io.tidemill.inference;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnMemory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * The stretch of a job between a map, where records enter it, and a sink, which takes as many as a
 * test of this JVM lets it. It knows the most records that were between the two at any time, and
 * the most Arrow memory that was in use when one entered or left.
 */
record Stretch(long id) implements MapFunction<Long, Long>, Sink<Long> {
  private static final long serialVersionUID = 1L;
  private static final AtomicLong NEXT = new AtomicLong();
  private static final Map<Long, Count> COUNTS = new ConcurrentHashMap<>();

  /** Thread-safe. */
  private static final class Count {
    private long allowed;
    private long entered;
    private long left;
    private long most;
    private long mostBytes;

    private synchronized void enter() {
      entered++;
      most = Math.max(most, entered - left);
      look();
    }

    private synchronized void leave() throws InterruptedException {
      look();
      while (left >= allowed) {
        wait();
      }
      left++;
      look();
    }

    private void look() {
      mostBytes = Math.max(mostBytes, ColumnMemory.allocatedBytes());
      notifyAll();
    }

    private synchronized void let(long records) {
      allowed += records;
      notifyAll();
    }

    private synchronized void awaitEntered(long records) throws InterruptedException {
      while (entered < records) {
        wait();
      }
    }

    private synchronized void awaitLeft(long records) throws InterruptedException {
      while (left < records) {
        wait();
      }
    }

    private synchronized long most() {
      return most;
    }

    private synchronized long mostBytes() {
      return mostBytes;
    }
  }

  /** Its sink takes nothing yet. */
  static Stretch closed() {
    long id = NEXT.getAndIncrement();
    COUNTS.put(id, new Count());
    return new Stretch(id);
  }

  /** Lets the sink take so many records more. */
  void let(long records) {
    count().let(records);
  }

  void awaitEntered(long records) throws InterruptedException {
    count().awaitEntered(records);
  }

  void awaitLeft(long records) throws InterruptedException {
    count().awaitLeft(records);
  }

  /** The most records within at any time. */
  long most() {
    return count().most();
  }

  /** The most Arrow bytes of the process that were seen. */
  long mostBytes() {
    return count().mostBytes();
  }

  @Override
  public Long map(Long record) {
    count().enter();
    return record;
  }

  @Override
  public SinkWriter<Long> createWriter(WriterInitContext context) {
    return new Writer(count());
  }

  private record Writer(Count count) implements SinkWriter<Long> {
    @Override
    public void write(Long record, Context context) throws InterruptedException {
      count.leave();
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() {}
  }

  private Count count() {
    return requireNonNull(COUNTS.get(id), "a stretch of this JVM");
  }
}
