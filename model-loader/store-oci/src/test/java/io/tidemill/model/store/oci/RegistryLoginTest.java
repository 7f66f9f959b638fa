package io.tidemill.model.store.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryLoginTest {
  private static final OciAddress ADDRESS = OciAddress.parse("oci://host:5000/team/models");

  @TempDir private Path home;
  private final String homeBefore = System.getProperty("user.home");

  @BeforeEach
  void live() {
    System.setProperty("user.home", home.toString());
  }

  @AfterEach
  void moveOut() {
    System.setProperty("user.home", homeBefore);
  }

  private void config(String json) throws IOException {
    Files.writeString(
        Files.createDirectories(home.resolve(".docker")).resolve("config.json"), json);
  }

  @Test
  void takesTheLoginThatIsNearestToTheStore() throws IOException {
    config(
        """
        {"auths": {"host:5000": {"auth": "all"}, "host:5000/team": {"auth": "team"}, "other": {"auth": "other"}}}
        """);

    assertThat(new RegistryLogin(ADDRESS).basic()).contains("Basic team");
    assertThat(new RegistryLogin(OciAddress.parse("oci://host:5000/x")).basic())
        .contains("Basic all");
    assertThat(new RegistryLogin(OciAddress.parse("oci://host/x")).basic()).isEmpty();
  }

  @Test
  void namesAHelperThatDoesNotRun() throws IOException {
    config("{\"auths\": {\"host:5000\": {}}, \"credsStore\": \"of-nobody\"}");

    assertThatThrownBy(() -> new RegistryLogin(ADDRESS).basic())
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("helper 'docker-credential-of-nobody': it does not run");
  }

  @Test
  void refusesAHelperThatIsNoName() throws IOException {
    config("{\"credHelpers\": {\"host:5000\": \"../../bin/sh\"}}");

    assertThatThrownBy(() -> new RegistryLogin(ADDRESS).basic())
        .hasMessageContaining("names the helper '../../bin/sh' (expected: letters and digits)");
  }

  @Test
  void namesADamagedFileWithoutShowingIt() throws IOException {
    config("{\"auths\": {\"host:5000\": {\"auth\": \"c2VjcmV0\"");

    assertThatThrownBy(() -> new RegistryLogin(ADDRESS).basic())
        .hasMessageContaining("config.json' cannot be read (expected: its JSON)")
        .hasNoCause()
        .hasMessageNotContaining("c2VjcmV0");
  }
}
