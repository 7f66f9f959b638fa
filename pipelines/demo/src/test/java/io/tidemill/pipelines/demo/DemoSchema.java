package io.tidemill.pipelines.demo;

import java.nio.file.Path;
import org.apache.avro.Schema;

/** The schema of card transactions, as tests see it. */
final class DemoSchema {
  private DemoSchema() {}

  static Schema transaction() {
    return TransactionEncoder.readSchema(Path.of("../../job-configs/schemas/transaction.avsc"));
  }
}
