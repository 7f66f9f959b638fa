package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.model.loader.Logged;
import io.tidemill.pipelines.nightly.NightlyException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatesTest {
  private static final Map<String, Long> HALVES = Map.of("a", 4L, "b", 4L);
  private static final Map<String, Long> ONE_KIND = Map.of("a", 8L);

  /** A sketch of one, 0.5, as DataSketches writes it. */
  private static final byte[] NUMBERS = Base64.getDecoder().decode("AgIPBMgACAAAAAAAAADgPw==");

  private static final LocalDate NEXT = Nights.DATE.plusDays(1);

  @TempDir private Path directory;
  private Nights today;
  private Nights next;

  @BeforeEach
  void writeInputs() throws IOException {
    today = nights(Nights.DATE, "{ psi: 0.2 }");
    next = nights(NEXT, "{ psi: 0.2 }");
  }

  private Nights nights(LocalDate date, String gates) throws IOException {
    Nights nights = new Nights(directory).gated(date, gates);
    nights.input("one");
    return nights;
  }

  @Test
  void comparesTheFirstDateWithNothingAndSaysSo() throws Exception {
    RunAccount first = today.predict(false, HALVES).account();

    assertThat(gates(first))
        .containsExactly(
            "psi of 'z': no date before is published to compare with (expected: gates.psi: 0.2)");
  }

  @Test
  void publishesWhatIsLikeTheDateBefore() throws Exception {
    today.predict(false, HALVES);

    RunAccount account = next.predict(false, HALVES).account();

    assertThat(gates(account))
        .containsExactly("psi of 'z': 0.000 against 2026-11-21 (expected: gates.psi: 0.2)");
    assertThat(next.out().resolve("_SUCCESS")).exists();
  }

  @Test
  void holdsWhatIsNotAndRunsItNotAgain() throws Exception {
    today.predict(false, HALVES);

    NightlyException held =
        catchThrowableOfType(NightlyException.class, () -> next.predict(false, ONE_KIND));

    assertThat(held.reason()).isEqualTo(Reason.HELD);
    assertThat(held)
        .hasMessageStartingWith(
            "job 'nights' for 2026-11-22: run 1 is held, and readers see what they saw before: psi of 'z': 4.")
        .hasMessageContaining(
            " against 2026-11-21 (expected: gates.psi: 0.2); 'tidemill runs publish' ");
    assertThat(next.out()).doesNotExist();
    assertThat(next.dead()).doesNotExist();
    RunAccount account = accounts().get(0);
    assertThat(account.state()).isEqualTo(RunState.HELD);
    assertThat(staged(account).resolve("predictions/part-0")).exists();
    assertThat(staged(account).resolve("predictions/_SUCCESS")).exists();
    assertThat(staged(account).resolve("dead-letters/_SUCCESS")).exists();

    assertThat(
            Logged.by(
                RunSteps.class,
                () ->
                    assertThat(
                            catchThrowableOfType(
                                NightlyException.class, () -> next.predict(false, HALVES)))
                        .hasMessage(held.getMessage())))
        .isEmpty();
    assertThat(accounts()).hasSize(1);
    assertThat(staged(account).resolve("predictions/part-0")).exists();
  }

  @Test
  void runsAgainWhatIsHeldWhereItIsForcedOrChanged() throws Exception {
    today.predict(false, HALVES);
    assertThatThrownBy(() -> next.predict(false, ONE_KIND)).hasMessageContaining("run 1 is held");
    assertThatThrownBy(() -> next.predict(true, ONE_KIND)).hasMessageContaining("run 2 is held");
    RunAccount second = accounts().get(1);
    assertThat(accounts().get(0).state()).isEqualTo(RunState.DISCARDED);
    assertThat(accounts().get(0).message()).isEqualTo("run 2 came after it");

    next.input("two");
    next.predict(false, HALVES);

    assertThat(accounts())
        .extracting(RunAccount::state)
        .containsExactly(RunState.DISCARDED, RunState.DISCARDED, RunState.PUBLISHED);
    assertThat(staged(second)).doesNotExist();
  }

  @Test
  void keepsWhatIsHeldWhileOthersFail() throws Exception {
    today.predict(false, HALVES);
    assertThatThrownBy(() -> next.predict(false, ONE_KIND)).hasMessageContaining("run 1 is held");
    RunAccount held = accounts().get(0);
    next.input("two");
    DatedJob job = next.job();

    assertThatThrownBy(
            () ->
                next.run(job, Nights.DEAD, new Nights.Pauses())
                    .run(
                        job.inputs().list().orElseThrow(),
                        false,
                        lost -> {
                          throw new IllegalStateException("broken");
                        }))
        .hasMessage("broken");

    assertThat(accounts().get(0).state()).isEqualTo(RunState.HELD);
    assertThat(staged(held).resolve("predictions/part-0")).exists();
  }

  @Test
  void failsARunWhereTheJobSaysSo() throws Exception {
    Nights few = nights(NEXT, "{ min-rows: 10, on-fail: fail }");

    assertThatThrownBy(() -> few.predict(false, HALVES))
        .hasMessage(
            "job 'nights' for 2026-11-22: min-rows: 9 predictions (expected: gates.min-rows: 10); nothing is published");

    assertThat(accounts().get(0).state()).isEqualTo(RunState.FAILED);
    assertThat(staged(accounts().get(0)).resolve("predictions")).doesNotExist();
  }

  @Test
  void allowsAsManyNullsAsTheJobSays() throws Exception {
    Nights some = nights(NEXT, "{ max-null-rate: 12% }");
    assertThat(gates(some.predict(false, HALVES).account()))
        .containsExactly(
            "max-null-rate of 'z': 1 of 9 are null or NaN (expected: gates.max-null-rate: 12%)");

    Nights fewer = nights(NEXT, "{ max-null-rate: 11% }");
    assertThatThrownBy(() -> fewer.predict(true, HALVES))
        .hasMessageContaining("max-null-rate of 'z': 1 of 9 are null or NaN");
    assertThat(fewer.out().resolve("_SUCCESS")).exists();
  }

  @Test
  void comparesWithTheNewestDateBeforeThatReadersSee() throws Exception {
    nights(Nights.DATE.minusDays(3), "{ psi: 0.2 }").predict(false, ONE_KIND);
    nights(Nights.DATE.plusDays(9), "{ psi: 0.2 }").predict(true, ONE_KIND);
    today.predict(true, ONE_KIND);
    Files.delete(today.out().resolve("_SUCCESS"));

    assertThatThrownBy(() -> next.predict(false, HALVES))
        .hasMessageContaining("against 2026-11-18");
  }

  @Test
  void comparesWithTheDateBeforeWhereverAllOfItWasThen(@TempDir Path parent) throws Exception {
    today.predict(false, ONE_KIND);
    Path moved = Files.move(directory, parent.resolve("moved"));

    Nights there = new Nights(moved).gated(NEXT, "{ psi: 0.2 }");
    assertThatThrownBy(() -> there.predict(false, HALVES))
        .hasMessageContaining("against 2026-11-21");
  }

  @Test
  void comparesWithTheDateBeforeOneWithoutPredictions() throws Exception {
    nights(Nights.DATE.minusDays(3), "{ psi: 0.2 }").predict(false, ONE_KIND);
    today.predict(false, Map.of());

    assertThatThrownBy(() -> next.predict(false, HALVES))
        .hasMessageContaining("against 2026-11-18");
  }

  @Test
  void remembersWhatReadersSeeHoweverManyRunsFailAfterIt() throws Exception {
    today.predict(false, ONE_KIND);
    Nights failing = nights(Nights.DATE, "{ min-rows: 100, on-fail: fail }");
    for (int run = 0; run < 52; run++) {
      assertThatThrownBy(() -> failing.predict(true, HALVES)).hasMessageContaining("min-rows");
    }

    assertThat(today.job().accounts().all()).hasSizeBetween(51, 53);
    assertThatThrownBy(() -> next.predict(false, HALVES))
        .hasMessageContaining("against 2026-11-21");
  }

  @Test
  void comparesPastAnAccountThatIsDamaged() throws Exception {
    today.predict(false, ONE_KIND);
    Path runs = today.own().resolve("runs");
    Files.writeString(runs.resolve("00000002-abc.json"), "{");

    assertThatThrownBy(() -> next.predict(false, HALVES))
        .hasMessageContaining("against 2026-11-21");
  }

  @Test
  void namesTheFileOfASketchThatIsDamaged() throws Exception {
    today.predict(false, ONE_KIND);
    Path account = today.out().resolve("_tidemill.json");
    JsonNode json = new ObjectMapper().readTree(Files.readString(account));
    ((ObjectNode) json.at("/predictions/0")).put("numbers", "AAAA").putNull("categories");
    Files.writeString(account, json.toString());

    assertThatThrownBy(() -> next.predict(false, NUMBERS))
        .hasMessageStartingWith("'" + account + "': sketch of 'z': 3 bytes that are none")
        .hasMessageEndingWith("run for 2026-11-21 again with --force; nothing is published");
  }

  @Test
  void comparesQuantilesWithThoseThatReadersSee() throws Exception {
    Nights first = nights(Nights.DATE, "{ quantiles: 0.1 }");
    Nights second = nights(NEXT, "{ quantiles: 0.1 }");
    assertThat(gates(first.predict(false, NUMBERS).account()))
        .containsExactly(
            "quantiles of 'z': no date before is published to compare with (expected: gates.quantiles: 0.1)");

    assertThat(gates(second.predict(false, HALVES).account()))
        .containsExactly(
            "quantiles of 'z': not compared with 2026-11-21, as there or here are no numbers (expected: gates.quantiles: 0.1)");
    RunAccount same = second.predict(true, NUMBERS).account();
    assertThat(gates(same))
        .containsExactly(
            "quantiles of 'z': 0.000 of the spread against 2026-11-21, at 5% 0.5000 after 0.5000 (expected: gates.quantiles: 0.1)");
    assertThat(requireNonNull(same.checks()).gates().get(0).shift()).isZero();

    // Of one number that is another.
    byte[] other = NUMBERS.clone();
    other[other.length - 1] = 0x40;
    assertThatThrownBy(() -> second.predict(true, other))
        .hasMessageContaining("run 3 is held, and readers see what they saw before: ")
        .hasMessageContaining(
            "quantiles of 'z': moved without a spread to measure by against 2026-11-21, at 5% 3.277e+04 after 0.5000 (expected: gates.quantiles: 0.1); 'tidemill runs publish' ");
    assertThat(requireNonNull(accounts().get(2).checks()).gates().get(0).shift()).isNull();
  }

  /** The newest that has predictions. */
  @Test
  void comparesQuantilesWithNoDateThatHasNoPredictions() throws Exception {
    nights(Nights.DATE, "{ quantiles: 0.1 }").predict(false, Map.of());

    assertThat(gates(nights(NEXT, "{ quantiles: 0.1 }").predict(false, NUMBERS).account()))
        .containsExactly(
            "quantiles of 'z': no date before is published to compare with (expected: gates.quantiles: 0.1)");
  }

  @Test
  void comparesWithDatesOfItsOwnJobOnly() throws Exception {
    today.predict(false, ONE_KIND);
    today.named("churn").predict(true, HALVES);

    assertThat(gates(next.predict(false, HALVES).account()))
        .containsExactly(
            "psi of 'z': no date before is published to compare with (expected: gates.psi: 0.2)");
  }

  private static List<String> gates(RunAccount account) {
    return requireNonNull(account.checks()).gates().stream().map(GateOutcome::toString).toList();
  }

  private List<RunAccount> accounts() {
    return next.job().accounts().all();
  }

  private Path staged(RunAccount account) {
    return next.staging().resolve(account.id());
  }
}
