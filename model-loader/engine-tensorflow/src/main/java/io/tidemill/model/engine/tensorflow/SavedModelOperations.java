package io.tidemill.model.engine.tensorflow;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.NamedPath;
import io.tidemill.model.engine.Operation;
import io.tidemill.model.engine.tensorflow.Reach.Site;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;

/**
 * What the graph of a SavedModel could do besides computing, in what its loader runs and in the
 * calls of one signature. What neither reaches is not run, and may be anything. The native library
 * is not needed.
 *
 * <p>Allowed is what is known to stay in the process. Besides, an operation may read where it can
 * read only files of the model: variables where the loader restores them, and tables from assets;
 * and print where it prints to the console.
 */
final class SavedModelOperations {
  private static final Set<String> COMPUTING = listed("computing-operations.txt");
  private static final Set<String> RESTORING = Set.of("RestoreV2", "Restore", "RestoreSlice");
  private static final Set<String> TABLES_FROM_FILES =
      Set.of("InitializeTableFromTextFile", "InitializeTableFromTextFileV2");
  private static final Set<String> VARIABLES = Set.of("VarHandleOp", "VariableV2", "Variable");
  private static final Set<String> ASSIGNING = Set.of("AssignVariableOp", "Assign");
  private static final Set<String> CONSOLE =
      Set.of("", "stderr", "stdout", "log(info)", "log(warning)", "log(error)");
  private static final AttrValue CONSOLE_STREAM =
      AttrValue.newBuilder().setS(ByteString.EMPTY).build();
  private static final String INITIALIZING = "__saved_model_init_op";
  private static final String XLA_PROGRAM = "XlaCallModule";
  private static final String ASSETS = "saved_model_assets";

  private final GraphDef graph;
  private final Set<String> filenames;
  private final Set<String> assets;
  private final Reach restoring;
  private final Reach initializing;
  private final Reach serving;

  SavedModelOperations(MetaGraphDef metaGraph, ServedSignature served, Signature signature) {
    graph = metaGraph.getGraphDef();
    filenames = Set.of(Reach.tensorName(metaGraph.getSaverDef().getFilenameTensorName()));
    assets =
        assetFiles(metaGraph).stream()
            .filter(SavedModelOperations::isInside)
            .map(asset -> Reach.tensorName(asset.getTensorInfo().getName()))
            .collect(Collectors.toSet());
    restoring =
        new Reach(
            graph,
            List.of(metaGraph.getSaverDef().getRestoreOpName()),
            Stream.concat(filenames.stream(), assets.stream()).toList());
    initializing = new Reach(graph, initializers(metaGraph), assets);
    serving =
        new Reach(
            graph,
            served.places(signature.outputs().stream().map(TensorSpec::name).toList()),
            served.places(signature.inputNames()));
  }

  private static Set<String> listed(String resource) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    SavedModelOperations.class.getResourceAsStream(resource), resource),
                StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  /** As the loader finds them: TensorFlow 1 wrote them into a collection only. */
  private static List<AssetFileDef> assetFiles(MetaGraphDef metaGraph) {
    if (metaGraph.getAssetFileDefCount() > 0) {
      return metaGraph.getAssetFileDefList();
    }
    List<AssetFileDef> files = new ArrayList<>();
    for (Any file : collection(metaGraph, ASSETS).getAnyList().getValueList()) {
      try {
        files.add(file.unpack(AssetFileDef.class));
      } catch (InvalidProtocolBufferException notAnAsset) {
        // The loader refuses the model.
        return List.of();
      }
    }
    return files;
  }

  private static CollectionDef collection(MetaGraphDef metaGraph, String name) {
    return metaGraph.getCollectionDefOrDefault(name, CollectionDef.getDefaultInstance());
  }

  /** TensorFlow puts the name behind its folder for assets, whatever it is. */
  private static boolean isInside(AssetFileDef asset) {
    return new NamedPath(Path.of("assets"), asset.getFilename()).inside().isPresent();
  }

  private static Collection<String> initializers(MetaGraphDef metaGraph) {
    List<String> initializers = new ArrayList<>();
    metaGraph
        .getSignatureDefOrDefault(INITIALIZING, SignatureDef.getDefaultInstance())
        .getOutputsMap()
        .values()
        .forEach(output -> initializers.add(output.getName()));
    for (String collection : List.of("main_op", "legacy_init_op", "saved_model_main_op")) {
      initializers.addAll(collection(metaGraph, collection).getNodeList().getValueList());
    }
    return initializers;
  }

  /** Whether calls read variables that only the loader can have filled. */
  boolean needVariables() {
    return has(serving, VARIABLES) && !has(initializing, ASSIGNING);
  }

  private static boolean has(Reach reach, Set<String> operations) {
    return reach.sites().stream().anyMatch(site -> operations.contains(site.node().getOp()));
  }

  /** Every kind of operation in the graph and its functions, sorted by name. */
  List<Operation> all() {
    Map<String, Integer> counts = new TreeMap<>();
    Stream.concat(
            graph.getNodeList().stream(),
            graph.getLibrary().getFunctionList().stream()
                .flatMap(function -> function.getNodeDefList().stream()))
        .forEach(node -> counts.merge(node.getOp(), 1, Integer::sum));
    Map<String, String> dangers = new TreeMap<>();
    for (Reach reach : List.of(restoring, initializing, serving)) {
      for (Site site : reach.sites()) {
        String danger = danger(reach, site);
        if (!danger.isEmpty()) {
          dangers.putIfAbsent(site.node().getOp(), danger);
        }
      }
      reach
          .recursive()
          .ifPresent(
              function -> {
                counts.putIfAbsent(function, 1);
                dangers.put(function, "calls itself, which can end the process");
              });
    }
    return counts.entrySet().stream()
        .map(
            count ->
                new Operation(
                    count.getKey(), count.getValue(), dangers.getOrDefault(count.getKey(), "")))
        .toList();
  }

  private String danger(Reach reach, Site site) {
    NodeDef node = site.node();
    if (reach.isCall(node) || COMPUTING.contains(node.getOp())) {
      return "";
    }
    if (RESTORING.contains(node.getOp())) {
      return reach == restoring && filenames.containsAll(reach.origins(site, 0))
          ? ""
          : "reads files, and not only to restore variables";
    }
    if (TABLES_FROM_FILES.contains(node.getOp())) {
      // A call feeds no asset: what stands in the graph would be read then.
      return reach != serving && assets.containsAll(reach.origins(site, 1))
          ? ""
          : "reads a file that is not known to be an asset of the model";
    }
    if (node.getOp().equals("PrintV2")) {
      AttrValue stream = node.getAttrOrDefault("output_stream", CONSOLE_STREAM);
      return stream.hasS() && CONSOLE.contains(stream.getS().toStringUtf8())
          ? ""
          : "writes to a file, or where it is told later";
    }
    return node.getOp().equals(XLA_PROGRAM)
        ? "runs a program that JAX compiled, which is not looked into"
        : "is not known to only compute";
  }
}
