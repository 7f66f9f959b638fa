package io.tidemill.pipelines.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.run.RunFigures;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.commons.io.FileUtils;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;

/** A job for a date in a folder, and runs of it that score nothing. */
final class Nights {
  static final LocalDate DATE = LocalDate.of(2026, 11, 21);
  static final Owner DEAD = new Owner("here", 1, "", "");
  static final Owner LIVING = new Owner("here", 2, "", "");
  static final Owner ELSEWHERE = new Owner("there", 1, "", "");

  static final String YAML =
      """
      name: nights
      mode: batch
      source: { connector: filesystem, path: 'in/dt={{ ds }}', format: json, columns: { a: DOUBLE } }
      steps:
        - id: score
          model: fraud:1.0.0
          input: { x: a }
          output: { y: z }
          resources: { device: cpu }
      sink: { connector: filesystem, path: 'out/dt={{ ds }}', format: json }
      dead-letter: { connector: filesystem, path: 'dead/dt={{ ds }}', format: json }
      errors: { max-rate: 50% }
      """;

  private final Path directory;
  private final String uri;
  private final ModelUse model;
  private String yaml;
  private LocalDate date = DATE;

  Nights(Path directory) {
    this(directory, "");
  }

  static Nights of(Path directory, String version) {
    return new Nights(directory, version, "out");
  }

  /** The same into another folder. */
  Nights(Path directory, String version, String out) {
    this(directory, "", version, out);
  }

  /** The same where jobs know the folder by another name, which ends with a slash. */
  Nights(Path directory, String uri) {
    this(directory, uri, "1.0.0", "out");
  }

  private Nights(Path directory, String uri, String version, String out) {
    this.yaml = YAML.replace("out/", out + "/").replace("path: '", "path: '" + uri);
    this.directory = directory;
    this.uri = uri;
    this.model = new ModelUse("score", "fraud:" + version, "sha256:" + version);
  }

  Path in() {
    return directory.resolve("in/dt=" + date);
  }

  Path out() {
    return directory.resolve("out/dt=" + date);
  }

  Path dead() {
    return directory.resolve("dead/dt=" + date);
  }

  Path own() {
    return directory.resolve("out/_tidemill/dt=" + date);
  }

  Path staging() {
    return directory.resolve("out/_tidemill/staging/dt%3D" + date);
  }

  /** The same by another name. */
  Nights named(String name) {
    Nights other = new Nights(directory, uri);
    other.yaml = yaml.replace("name: nights", "name: " + name);
    other.date = date;
    return other;
  }

  /** The same for another date, with gates. */
  Nights gated(LocalDate newDate, String gates) {
    Nights other = new Nights(directory, uri);
    other.date = newDate;
    other.yaml = yaml + "gates: " + gates + "\n";
    return other;
  }

  /** The same with another path of its dead letters. */
  Nights withDeadLettersIn(String path) {
    Nights other = new Nights(directory, uri);
    other.yaml = yaml.replace("'dead/dt={{ ds }}'", "'" + path + "'");
    return other;
  }

  /** The same with another path of its source. */
  Nights reading(String path) {
    Nights other = new Nights(directory, uri);
    other.yaml = yaml.replace("in/dt={{ ds }}", path);
    return other;
  }

  /** The same with rows of a database, which does not tell what has changed. */
  Nights ofDatabase() {
    Nights other = new Nights(directory, uri);
    other.yaml =
        yaml.replaceFirst(
            "connector: filesystem, path: '.*?', format: json",
            "connector: jdbc, table-name: payments, partition: 'day={{ ds }}'");
    return other;
  }

  /** The same with predictions in files of Parquet. */
  Nights inParquet() {
    Nights other = new Nights(directory, uri);
    other.yaml =
        yaml.replace("out/dt={{ ds }}', format: json", "out/dt={{ ds }}', format: parquet");
    return other;
  }

  InputWait wait(Pause pause) {
    return new InputWait(job(), around(DEAD, pause));
  }

  /** Writes the input, with a time that no other generation has. */
  void input(String generation) throws IOException {
    Path file = Files.createDirectories(in()).resolve("a.json");
    Files.writeString(file, generation);
    Files.setLastModifiedTime(
        file, java.nio.file.attribute.FileTime.fromMillis(1_000L * generation.hashCode()));
  }

  DatedJob job() {
    return job(place());
  }

  DatedJob job(FileSystem files, boolean atomic) {
    Place place = place();
    return job(new Place(Place.guarded(place.files().root(), files), place.above(), atomic));
  }

  private Place place() {
    return Place.of(new PipelineReader(Map.of()).read("job.yaml", directory, directory, yaml));
  }

  private DatedJob job(Place place) {
    return new DatedJob(
        new PipelineReader(Map.of(), date).read("job.yaml", directory, directory, yaml),
        date,
        place);
  }

  /** Deletes all of it. */
  void delete() throws IOException {
    FileUtils.deleteDirectory(directory.toFile());
  }

  NightlyRun run(DatedJob job, Owner owner, Pause pause) {
    return new NightlyRun(
        job,
        List.of(model),
        List.of(new RecordSchema.Column("a", "FLOAT")),
        List.of(new RecordSchema.Column("z", "FLOAT")),
        around(owner, pause));
  }

  HeldRun held(DatedJob job, RunAccount held) {
    return new HeldRun(job, held, around(DEAD, new Pauses()));
  }

  static Surroundings around(Owner owner, Pause pause) {
    return new Surroundings(
            Clock.fixed(Instant.parse("2026-11-22T01:00:00Z"), ZoneOffset.UTC),
            pause,
            owner,
            Nights::lives,
            Map.of("tidemill", "test"))
        .with(Map.of("gpu:0", "a GPU"));
  }

  static Optional<Boolean> lives(Owner owner) {
    return owner.host().equals("here") ? Optional.of(!owner.equals(DEAD)) : Optional.empty();
  }

  /** Runs a job that makes two files and a dead letter, each with the generation in it. */
  NightlyResult run(boolean force, String generation) throws InterruptedException {
    DatedJob job = job();
    return run(job, DEAD, new Pauses())
        .run(job.inputs().list().orElseThrow(), force, lost -> score(job, generation));
  }

  /** Runs it, with predictions of which so many are of a kind. */
  @SuppressWarnings("NullAway") // Does not see that an array of another module may be null.
  NightlyResult predict(boolean force, Map<String, Long> kinds) throws InterruptedException {
    long records = kinds.isEmpty() ? 0 : 9;
    return predict(force, new FieldSketch("z", records, records / 9, null, kinds));
  }

  /** The same, with a sketch of numbers. */
  NightlyResult predict(boolean force, byte[] numbers) throws InterruptedException {
    return predict(force, new FieldSketch("z", 9, 1, numbers, null));
  }

  private NightlyResult predict(boolean force, FieldSketch sketch) throws InterruptedException {
    DatedJob job = job();
    Execution execution =
        new Execution() {
          @Override
          public RunFigures run(BooleanSupplier lost) {
            return score(job, sketch.toString());
          }

          @Override
          public List<FieldSketch> predictions() {
            return List.of(sketch);
          }
        };
    return run(job, DEAD, new Pauses()).run(job.inputs().list().orElseThrow(), force, execution);
  }

  static RunFigures score(DatedJob job, String generation) {
    for (String folder : List.of("dead-letters", "predictions")) {
      for (String name : List.of("part-0", "part-1")) {
        try (OutputStream out =
            job.place()
                .files()
                .files()
                .create(
                    new org.apache.flink.core.fs.Path(job.staging(job.id(), folder), name),
                    WriteMode.NO_OVERWRITE)) {
          out.write(generation.getBytes(UTF_8));
        } catch (IOException killed) {
          throw new UncheckedIOException(killed);
        }
      }
    }
    return figures(10, 9, 1);
  }

  static RunFigures figures(long in, long out, long dead) {
    return new RunFigures(in, out, Map.of("null-input", dead), 0, -1, 0, -1, List.of());
  }

  /** Time that passes at once. */
  static final class Pauses implements Pause {
    private Duration passed = Duration.ZERO;
    private Runnable meanwhile = () -> {};

    Pauses meanwhile(Runnable action) {
      meanwhile = action;
      return this;
    }

    Duration passed() {
      return passed;
    }

    @Override
    public void pause(Duration time) {
      passed = passed.plus(time);
      meanwhile.run();
    }
  }
}
