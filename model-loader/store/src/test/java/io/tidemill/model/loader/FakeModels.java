package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sources of fake models that survive serialization within one JVM.
 *
 * <p>Thread-safe.
 */
public final class FakeModels {
  /** What each takes of the GPU that it is on. */
  public static final double MODEL_BYTES = 100;

  private static final AtomicLong NEXT_ID = new AtomicLong();
  private static final Map<Long, FakeModel> MODELS = new ConcurrentHashMap<>();

  private FakeModels() {}

  /**
   * A source whose every {@link ModelSource#open()}, also after serialization, answers a counted
   * handle to this same model. Closing the last handle does not close the model, so that a test may
   * restore an operator on it.
   */
  public static ModelSource source(FakeModel model) {
    long id = NEXT_ID.getAndIncrement();
    MODELS.put(id, model);
    return new Source(id, model.version(), model.signature());
  }

  private record Source(long id, ModelVersion version, Signature signature) implements ModelSource {
    @Override
    public ModelHandle open() {
      FakeModel model = requireNonNull(MODELS.get(id), "a model of this JVM");
      model.countHandle(1);
      return new ModelHandle(
          model,
          model.gpu().map(gpu -> new GpuUse(gpu, MODEL_BYTES, gpu.freeBytes())),
          () -> model.countHandle(-1));
    }
  }
}
