package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.cli.Shell;
import io.tidemill.pipelines.cli.TemplateAnswers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.tools.ConsoleProducer;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.consumer.ConsoleConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemill init --template kafka}, and what its README says comes next, with a broker. */
final class KafkaTemplateITCase {
  @TempDir Path directory;

  @Test
  @Timeout(value = 900, unit = TimeUnit.SECONDS)
  void recordsOfATopicAreScoredAsTheModelItselfScoresThem() throws Exception {
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"))) {
      String address = broker.bootstrapServers();
      Shell shell = new Shell(directory, Map.of("KAFKA_BOOTSTRAP", address));
      shell.command("kafka-topics.sh", TopicCommand.class.getName());
      shell.command("kafka-console-producer.sh", ConsoleProducer.class.getName());
      shell.command("kafka-console-consumer.sh", ConsoleConsumer.class.getName());
      shell.run(directory, "tidemill init first --template kafka");
      Path folder = directory.resolve("first");
      String readme = Files.readString(folder.resolve("README.md"));
      List<String> blocks = Shell.blocks(readme.replace("localhost:9092", address));
      assertThat(blocks).hasSize(4);

      shell.run(folder, blocks.get(0) + blocks.get(1));
      Process run = shell.start(folder, blocks.get(2));
      try {
        List<String> consumed = shell.run(folder, blocks.get(3)).lines().toList();
        String summary = new String(run.getInputStream().readAllBytes(), UTF_8);

        assertThat(run.waitFor()).as(shell.errors()).isZero();
        TemplateAnswers.of(folder)
            .assertAreThoseOf(
                consumed.stream().filter(line -> line.contains("fraud_score")).toList());
        assertThat(consumed).anyMatch(line -> line.contains("\"t-06\""));
        assertThat(summary).contains("predictions  9", "dead letters 1, null-input 1");
      } finally {
        run.destroyForcibly();
      }
    }
  }
}
