package io.tidemill.inference.operator;

import io.tidemill.model.ModelVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.lineage.LineageDataset;
import org.apache.flink.streaming.api.lineage.LineageDatasetFacet;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.SourceLineageVertex;
import org.apache.flink.streaming.api.transformations.SourceTransformation;

/**
 * What a source reads, and the models that score it. Flink asks only sources and sinks for lineage,
 * no operator between them.
 *
 * @param datasets those of the source itself first
 */
public record ScoredSource(Boundedness boundedness, List<LineageDataset> datasets)
    implements SourceLineageVertex {

  /** A model as a dataset, in the namespace {@value #NAMESPACE}. */
  public record Model(ModelVersion version) implements LineageDataset {
    public static final String NAMESPACE = "tidemill";

    @Override
    public String namespace() {
      return NAMESPACE;
    }

    /** {@code fraud:1.4.2}. */
    @Override
    public String name() {
      return version.toString();
    }

    @Override
    public Map<String, LineageDatasetFacet> facets() {
      return Map.of();
    }
  }

  public ScoredSource {
    datasets = List.copyOf(datasets);
  }

  /** Adds a model to the inputs of whatever the records come from. */
  public static void add(ModelVersion model, DataStream<?> records) {
    Model dataset = new Model(model);
    for (Transformation<?> from : records.getTransformation().getTransitivePredecessors()) {
      if (from instanceof SourceTransformation<?, ?, ?> source) {
        source.setLineageVertex(with(dataset, source));
      }
    }
  }

  private static ScoredSource with(Model model, SourceTransformation<?, ?, ?> source) {
    // Null of a source that tells nothing of what it reads.
    LineageVertex read = source.getLineageVertex();
    List<LineageDataset> datasets = new ArrayList<>(read == null ? List.of() : read.datasets());
    if (!datasets.contains(model)) {
      datasets.add(model);
    }
    return new ScoredSource(source.getBoundedness(), datasets);
  }
}
