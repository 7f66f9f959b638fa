package io.tidemill.model.engine.tensorflow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * What TensorFlow's operations can do besides computing. Not those that save and restore variables,
 * which are dangerous only where the loader does not ask for them: see {@link
 * SavedModelOperations}.
 */
final class Dangers {
  private static final String READS = "reads files";
  private static final String WRITES = "writes files";
  private static final String NETWORK = "opens connections";
  private static final String CODE = "runs code from outside the graph";

  private static final Map<String, String> BY_NAME = new HashMap<>();
  private static final Map<String, String> BY_PREFIX =
      Map.of(
          "Grpc", NETWORK,
          "Bigtable", NETWORK,
          "CloudBigtable", NETWORK,
          "BigQuery", NETWORK,
          "Kafka", NETWORK,
          "PubSub", NETWORK,
          "DataServiceDataset", NETWORK,
          "IO>", READS);

  static {
    List.of(
            "ReadFile",
            "MatchingFiles",
            "MatchingFilesDataset",
            "ExperimentalMatchingFilesDataset",
            "WholeFileReader",
            "WholeFileReaderV2",
            "TextLineReader",
            "TextLineReaderV2",
            "FixedLengthRecordReader",
            "FixedLengthRecordReaderV2",
            "TFRecordReader",
            "TFRecordReaderV2",
            "LMDBReader",
            "TextLineDataset",
            "TFRecordDataset",
            "TFRecordDatasetV2",
            "FixedLengthRecordDataset",
            "FixedLengthRecordDatasetV2",
            "CSVDataset",
            "CSVDatasetV2",
            "ExperimentalCSVDataset",
            "LMDBDataset",
            "ExperimentalLMDBDataset",
            "SqlDataset",
            "ExperimentalSqlDataset",
            "LoadDataset",
            "InitializeTableFromTextFile",
            "InitializeTableFromTextFileV2",
            "GenerateVocabRemapping",
            "LoadAndRemapMatrix",
            "ImmutableConst",
            "InitializeTRTResource",
            "CheckpointHasKey")
        .forEach(name -> BY_NAME.put(name, READS));
    List.of(
            "WriteFile",
            "CacheDataset",
            "CacheDatasetV2",
            "SnapshotDataset",
            "SnapshotDatasetV2",
            "SnapshotDatasetReader",
            "SnapshotChunkDataset",
            "SaveDataset",
            "SaveDatasetV2",
            "DistributedSave",
            "DatasetToTFRecord",
            "ExperimentalDatasetToTFRecord",
            "CreateSummaryFileWriter",
            "CreateSummaryDbWriter",
            "SerializeTRTResource")
        .forEach(name -> BY_NAME.put(name, WRITES));
    List.of(
            "Rpc",
            "TryRpc",
            "RemoteCall",
            "Send",
            "Recv",
            "_Send",
            "_Recv",
            "_HostSend",
            "_HostRecv",
            "RegisterDataset",
            "RegisterDatasetV2",
            "CollectiveGather",
            "CollectiveReduce",
            "CollectiveBcastSend",
            "CollectiveBcastRecv",
            "ConfigureDistributedTPU")
        .forEach(name -> BY_NAME.put(name, NETWORK));
    List.of(
            "PyFunc",
            "PyFuncStateless",
            "EagerPyFunc",
            "NumpyFunction",
            "TRTEngineOp",
            "XlaCustomCall",
            "XlaCustomCallV2",
            "RemoteFusedGraphExecute")
        .forEach(name -> BY_NAME.put(name, CODE));
  }

  private Dangers() {}

  /** What an operation could do; empty if nothing. */
  static String of(NodeDef node) {
    String op = node.getOp();
    String danger = BY_NAME.get(op);
    if (danger != null) {
      return danger;
    }
    if (op.startsWith("Print") && text(node, "output_stream").startsWith("file:")) {
      return WRITES;
    }
    if (op.startsWith("Debug") && !urls(node).isEmpty()) {
      return "sends what it sees to files or connections";
    }
    return BY_PREFIX.entrySet().stream()
        .filter(prefix -> op.startsWith(prefix.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }

  private static String text(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }

  private static List<?> urls(NodeDef node) {
    return node.getAttrOrDefault("debug_urls", AttrValue.getDefaultInstance()).getList().getSList();
  }
}
