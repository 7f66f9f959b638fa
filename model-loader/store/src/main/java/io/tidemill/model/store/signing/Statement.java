package io.tidemill.model.store.signing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;
import org.jspecify.annotations.Nullable;

/**
 * What a signature says: an in-toto statement with the predicate of OpenSSF Model Signing 1.0. It
 * names every file with its SHA-256, and a digest over these.
 *
 * <p>Files alone do not say which version they are, and not which engine runs them. So a statement
 * of Tidemill holds name, version and digest beside them, under a key of the predicate that other
 * verifiers leave aside.
 *
 * @param resources SHA-256 by path, in the order in which the subject's digest covers them
 * @param model such as {@code fraud:1.4.2}; null where another tool made the statement
 * @param digest the version's; null where another tool made the statement
 */
record Statement(
    String subject,
    Map<String, String> resources,
    @Nullable String model,
    @Nullable String digest) {
  private static final String TYPE = "https://in-toto.io/Statement/v1";
  private static final String PREDICATE_TYPE = "https://model_signing/signature/v1.0";
  private static final String SHA_256 = "sha256";
  private static final String EXTENSION = "tidemill";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /** As the reference implementation sorts them: name by name, not as whole texts. */
  private static final Comparator<ModelFile> BY_PATH =
      Comparator.comparing(file -> file.path().split("/", -1), Arrays::compare);

  static Statement of(ModelManifest manifest) {
    Map<String, String> resources = new LinkedHashMap<>();
    manifest.files().stream()
        .sorted(BY_PATH)
        .forEach(file -> resources.put(file.path(), file.sha256()));
    String model = manifest.ref().toString();
    return new Statement(model, resources, model, manifest.digest());
  }

  byte[] write() {
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.put("_type", TYPE);
    ObjectNode only = root.putArray("subject").addObject().put("name", subject);
    only.putObject("digest").put(SHA_256, rootDigest());
    root.put("predicateType", PREDICATE_TYPE);
    ObjectNode predicate = root.putObject("predicate");
    ObjectNode serialization = predicate.putObject("serialization");
    serialization.put("method", "files");
    serialization.put("hash_type", SHA_256);
    serialization.put("allow_symlinks", false);
    serialization.putArray("ignore_paths");
    ArrayNode list = predicate.putArray("resources");
    resources.forEach(
        (name, sha256) ->
            list.addObject().put("name", name).put("algorithm", SHA_256).put("digest", sha256));
    predicate.putObject(EXTENSION).put("model", model).put("digest", digest);
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a statement.
   *
   * @throws InvalidModelException if it is none that agrees with itself, or says its files in a way
   *     that a manifest does not
   */
  static Statement read(byte[] payload) {
    Json root = Json.read("statement", new String(payload, StandardCharsets.UTF_8));
    root.require("/_type", TYPE);
    root.require("/predicateType", PREDICATE_TYPE);
    root.require("/predicate/serialization/method", "files");
    root.require("/predicate/serialization/hash_type", SHA_256);
    Json subject = root.single("/subject");
    boolean ours = root.node().at("/predicate").has(EXTENSION);
    Statement statement =
        new Statement(
            subject.text("/name"),
            resources(root),
            ours ? root.text("/predicate/" + EXTENSION + "/model") : null,
            ours ? root.text("/predicate/" + EXTENSION + "/digest") : null);
    subject.require("/digest/" + SHA_256, statement.rootDigest());
    return statement;
  }

  private static Map<String, String> resources(Json root) {
    Map<String, String> resources = new LinkedHashMap<>();
    for (Json resource : root.list("/predicate/resources")) {
      resource.require("/algorithm", SHA_256);
      String name = resource.text("/name");
      String sha256 = resource.text("/digest");
      if (!HEX.matcher(sha256).matches() || resources.put(name, sha256) != null) {
        throw new InvalidModelException(
            "resource '%s': digest '%s' (expected: 64 hexadecimal digits, once)"
                .formatted(name, sha256));
      }
    }
    return resources;
  }

  private String rootDigest() {
    return DigestUtils.sha256Hex(HexFormat.of().parseHex(String.join("", resources.values())));
  }

  /** What keeps the statement from being about exactly these files; empty if it is. */
  List<String> differences(List<ModelFile> files) {
    Map<String, String> signed = new TreeMap<>(resources);
    List<String> problems = new ArrayList<>();
    for (ModelFile file : files) {
      String sha256 = signed.remove(file.path());
      if (sha256 == null) {
        problems.add("file '" + file.path() + "': not signed");
      } else if (!sha256.equals(file.sha256())) {
        problems.add(
            "file '%s': sha256 %s (expected: %s, as signed)"
                .formatted(file.path(), file.sha256(), sha256));
      }
    }
    signed.keySet().forEach(path -> problems.add("file '" + path + "': signed but not there"));
    return problems;
  }

  /** What keeps the statement from being about exactly this version; empty if it is. */
  List<String> differences(ModelManifest manifest) {
    List<String> problems = new ArrayList<>(differences(manifest.files()));
    if (model == null || digest == null) {
      problems.add(
          "the statement names no version, as one of another tool (expected: one that Tidemill made)");
    } else if (!model.equals(manifest.ref().toString())) {
      problems.add("made for %s (expected: %s)".formatted(model, manifest.ref()));
    } else if (!digest.equals(manifest.digest())) {
      problems.add("digest %s (expected: %s, as signed)".formatted(manifest.digest(), digest));
    }
    return problems;
  }
}
