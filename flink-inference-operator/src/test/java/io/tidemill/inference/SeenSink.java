package io.tidemill.inference;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * A sink that shows its records only once the checkpoint that holds them is complete, and counts
 * how often each came, for the test of this JVM that made it. What is committed again after a
 * restore is shown once: the first number of a committable tells it from all others.
 */
record SeenSink(long id) implements Sink<Long>, SupportsCommitter<List<Long>> {
  private static final AtomicLong NEXT = new AtomicLong();
  private static final Map<Long, Seen> SEEN = new ConcurrentHashMap<>();

  /** What all subtasks have shown. Thread-safe. */
  static final class Seen {
    private final Map<Long, Integer> counts = new HashMap<>();
    private final Set<Long> committed = new HashSet<>();

    private synchronized void add(List<Long> committable) {
      if (committed.add(committable.get(0))) {
        committable.stream().skip(1).forEach(record -> counts.merge(record, 1, Integer::sum));
      }
      notifyAll();
    }

    synchronized int size() {
      return counts.size();
    }

    /** Waits for a record, so long at most; answers whether there is one. */
    synchronized boolean hasAny(Duration patience) {
      long deadline = System.nanoTime() + patience.toNanos();
      while (counts.isEmpty()) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
          return false;
        }
        try {
          wait(millis);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      return true;
    }

    synchronized Map<Long, Integer> counts() {
      return Map.copyOf(counts);
    }
  }

  static SeenSink of(Seen seen) {
    long id = NEXT.getAndIncrement();
    SEEN.put(id, seen);
    return new SeenSink(id);
  }

  @Override
  public CommittingSinkWriter<Long, List<Long>> createWriter(WriterInitContext context) {
    return new Writer();
  }

  @Override
  public Committer<List<Long>> createCommitter(CommitterInitContext context) {
    return new Shower(requireNonNull(SEEN.get(id)));
  }

  @Override
  public SimpleVersionedSerializer<List<Long>> getCommittableSerializer() {
    return new Numbers();
  }

  private static final class Writer implements CommittingSinkWriter<Long, List<Long>> {
    private List<Long> written = begin();

    private static List<Long> begin() {
      List<Long> committable = new ArrayList<>();
      committable.add(NEXT.getAndIncrement());
      return committable;
    }

    @Override
    public void write(Long element, Context context) {
      written.add(element);
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public Collection<List<Long>> prepareCommit() {
      List<Long> prepared = written;
      written = begin();
      return List.of(prepared);
    }

    @Override
    public void close() {}
  }

  private record Shower(Seen seen) implements Committer<List<Long>> {
    @Override
    public void commit(Collection<CommitRequest<List<Long>>> requests) {
      requests.forEach(request -> seen.add(request.getCommittable()));
    }

    @Override
    public void close() {}
  }

  private static final class Numbers implements SimpleVersionedSerializer<List<Long>> {
    private final ListSerializer<Long> lists = new ListSerializer<>(LongSerializer.INSTANCE);

    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(List<Long> records) throws IOException {
      DataOutputSerializer output = new DataOutputSerializer(64);
      lists.serialize(records, output);
      return output.getCopyOfBuffer();
    }

    @Override
    public List<Long> deserialize(int version, byte[] serialized) throws IOException {
      return lists.deserialize(new DataInputDeserializer(serialized));
    }
  }
}
