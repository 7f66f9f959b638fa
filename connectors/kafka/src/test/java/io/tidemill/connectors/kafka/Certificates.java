package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What a server of this machine shows, signed by an authority that nobody else knows, in a folder:
 * {@code ca.pem}, {@code trust.p12} with the same, {@code server.p12}, {@code server.pem} with the
 * authority's behind it, and {@code server.key}.
 */
public record Certificates(Path folder) {
  /** Of all files with keys, and of {@code trust.p12}. */
  public static final String PASSWORD = "of-the-servers-keys";

  /** Makes all of it. */
  public static Certificates make(Path folder) throws Exception {
    Certificates made = new Certificates(Files.createDirectories(folder));
    made.keytool(
        "ca.p12", "-genkeypair -alias ca -dname CN=authority -keyalg EC -ext bc:c -validity 2");
    made.keytool("ca.p12", "-exportcert -alias ca -rfc -file ca.pem");
    made.keytool("trust.p12", "-importcert -noprompt -alias ca -file ca.pem");
    made.keytool("server.p12", "-genkeypair -alias server -dname CN=server -keyalg EC -validity 2");
    made.keytool("server.p12", "-certreq -alias server -file server.csr");
    made.keytool(
        "ca.p12",
        "-gencert -alias ca -rfc -infile server.csr -outfile signed.pem -validity 2"
            + " -ext san=dns:localhost,ip:127.0.0.1,ip:127.0.0.2");
    made.keytool("server.p12", "-importcert -noprompt -alias ca -file ca.pem");
    made.keytool("server.p12", "-importcert -noprompt -alias server -file signed.pem");
    made.writePem();
    return made;
  }

  /** One of them. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  private void keytool(String store, String words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(words.split(" ")));
    command.addAll(List.of("-keystore", store, "-storetype", "PKCS12", "-storepass", PASSWORD));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
    assertThat(process.waitFor()).as("%s%n%s", words, said).isZero();
  }

  private void writePem() throws Exception {
    KeyStore store = KeyStore.getInstance(file("server.p12").toFile(), PASSWORD.toCharArray());
    byte[] key = store.getKey("server", PASSWORD.toCharArray()).getEncoded();
    Files.writeString(file("server.key"), pem("PRIVATE KEY", key));
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : store.getCertificateChain("server")) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(file("server.pem"), chain);
  }

  private static String pem(String what, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, text);
  }
}
