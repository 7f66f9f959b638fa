package io.tidemill.benchmarks;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.RowData;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;

/**
 * A folder of Parquet files, which are made when they are needed.
 *
 * @param folder where they are
 * @param rows of all files together, evenly spread
 * @param files that readers see
 * @param distinct files: the others are these under more names, so that the disk need not hold them
 */
record BulkInput(String folder, BulkTable table, long rows, int files, int distinct)
    implements Serializable {

  BulkInput {
    if (rows % files != 0 || files % distinct != 0) {
      throw new IllegalArgumentException(
          "rows, files, distinct files: %d, %d, %d (expected: each a multiple of the next)"
              .formatted(rows, files, distinct));
    }
  }

  static BulkInput in(Path root, BulkTable table, long rows, int files, int distinct) {
    String name = "%s-%d-%d-%d".formatted(table, rows, files, distinct).toLowerCase(Locale.ROOT);
    return new BulkInput(root.resolve(name).toString(), table, rows, files, distinct);
  }

  /** How many identities there are, from 0. */
  long identities() {
    return rows / files * distinct;
  }

  /** How many rows have one identity. */
  long copies() {
    return files / distinct;
  }

  /** Writes it, unless it is there: under its name, it is there whole. */
  void make() throws IOException {
    Path whole = Path.of(folder);
    if (Files.exists(whole)) {
      return;
    }
    Path unfinished = Files.createDirectories(Path.of(folder + "-unfinished"));
    ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      CompletableFuture.allOf(
              IntStream.range(0, distinct)
                  .mapToObj(
                      file -> CompletableFuture.runAsync(() -> write(unfinished, file), threads))
                  .toArray(CompletableFuture<?>[]::new))
          .join();
    } finally {
      threads.shutdownNow();
    }
    for (int file = distinct; file < files; file++) {
      Files.createLink(unfinished.resolve(name(file)), unfinished.resolve(name(file % distinct)));
    }
    Files.move(unfinished, whole);
  }

  private static String name(int file) {
    return "part-%06d.parquet".formatted(file);
  }

  private void write(Path unfinished, int file) {
    long each = rows / files;
    try (ParquetWriter<RowData> writer =
        new ParquetRowDataBuilder(
                new LocalOutputFile(unfinished.resolve(name(file))), table.rowType(), true)
            .withConf(new Configuration())
            .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            // Random floats are not found twice: the writer would only try.
            .withDictionaryEncoding(false)
            .build()) {
      for (long id = file * each; id < (file + 1) * each; id++) {
        writer.write(table.row(id));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
