package io.tidemill.model.store.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OciAddressTest {
  @Test
  void namesARepositoryPerModel() {
    OciAddress address = OciAddress.parse("oci://registry.example.com:5000/team/models/");

    assertThat(address.uri()).isEqualTo("oci://registry.example.com:5000/team/models");
    assertThat(address.model("fraud")).isEqualTo("registry.example.com:5000/team/models/fraud");
  }

  @ParameterizedTest
  @ValueSource(strings = {"oci://host", "oci:///models", "oci://host/Models", "oci://host/a//b"})
  void refusesWhatIsNoRepository(String uri) {
    assertThatThrownBy(() -> OciAddress.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("store: '" + uri + "' (expected: a registry and a repository");
  }

  @Test
  void refusesNamesOfModelsThatNoRepositoryMayHave() {
    OciAddress address = OciAddress.parse("oci://host/models");

    assertThatThrownBy(() -> address.model("fraud_.x"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("model name: 'fraud_.x' (expected: as repositories");
  }

  @Test
  void refusesCredentialsWithoutShowingThem() {
    assertThatThrownBy(() -> OciAddress.parse("oci://user:hunter2@host/models"))
        .hasMessageContaining("docker login")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void speaksHttpToThisMachineOnly() {
    assertThat(OciAddress.parse("oci://localhost:5000/m").insecure()).isTrue();
    assertThat(OciAddress.parse("oci://127.0.0.1/m").insecure()).isTrue();
    assertThat(OciAddress.parse("oci://localhost.example.com/m").insecure()).isFalse();
  }

  @Test
  void theRegistryIsItselfOverItsOwnSchemeAndPortOnly() {
    OciHosts hosts = new OciHosts(OciAddress.parse("oci://registry.example.com/models"));

    assertThat(hosts.isRegistry(URI.create("https://registry.example.com/v2/"))).isTrue();
    assertThat(hosts.isRegistry(URI.create("http://registry.example.com/v2/"))).isFalse();
    assertThat(hosts.isRegistry(URI.create("https://registry.example.com:8443/v2/"))).isFalse();
  }
}
