package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class OwnerTest {
  private static final Owner OWN = Owner.ofProcess();

  @Test
  void livesWhileItsProcessDoes() {
    assertThat(OWN.lives()).contains(true);
  }

  @Test
  void isDeadOnceItsProcessIsGone() throws Exception {
    assertThat(new Owner(OWN.host(), gone(), OWN.started(), OWN.numbering()).lives())
        .contains(false);
  }

  @Test
  void isWatchedWhereItsNumberIsOfAProcessThatBeganAtAnotherTime() {
    // Also after the clock of this machine was set.
    String other = "2026-11-21T01:00:00Z";
    assertThat(new Owner(OWN.host(), OWN.process(), other, OWN.numbering()).lives()).isEmpty();
  }

  @Test
  void isWatchedInAnotherContainerOfThisName() throws Exception {
    assertThat(new Owner(OWN.host(), gone(), OWN.started(), OWN.numbering() + "2").lives())
        .isEmpty();
    assertThat(new Owner("another", gone(), OWN.started(), OWN.numbering()).lives()).isEmpty();
  }

  @Test
  void isWatchedWhereItDoesNotSayWhatItsNumberIsOf() throws Exception {
    String json =
        "{\"host\": \"%s\", \"process\": %d, \"started\": \"%s\"}"
            .formatted(OWN.host(), gone(), OWN.started());

    Owner read = new ObjectMapper().readValue(json, Owner.class);

    assertThat(read.numbering()).isEmpty();
    assertThat(read.lives()).isEmpty();
  }

  private static long gone() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    return process.pid();
  }
}
