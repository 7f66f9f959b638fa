package io.tidemill.model.store.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.ModelFile;
import java.util.ArrayList;
import java.util.List;

/**
 * A registry's own manifest: a configuration, and layers by their titles.
 *
 * @param type what kind of thing of Tidemill it is
 * @param config digest of the configuration's text
 * @param paths the titles of the layers
 */
record OciManifest(String type, String config, List<String> paths) {
  /** A version: {@code model.yaml} is the configuration, every file a layer. */
  static final String MODEL = "application/vnd.tidemill.model.v1";

  /** A signature: the bundle is the configuration. */
  static final String SIGNATURE = "application/vnd.tidemill.signature.v1";

  /** That the store has a model: the configuration is its name. */
  static final String LISTED = "application/vnd.tidemill.listed.v1";

  /** The store's policy: the configuration is the text of {@code store.yaml}. */
  static final String POLICY = "application/vnd.tidemill.policy.v1";

  /** A publisher's claim. */
  static final String CLAIM = "application/vnd.tidemill.claim.v1";

  /** What a tag means that means nothing any more. */
  static final String NOTHING = "application/vnd.tidemill.nothing.v1";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "artifactType";
  private static final String TITLE = "org.opencontainers.image.title";
  private static final String MEDIA_TYPE = "mediaType";
  private static final String DIGEST = "digest";

  /** The JSON, the same for the same content. */
  static String json(String type, String config, long configBytes, List<ModelFile> files) {
    ObjectNode root = JSON.createObjectNode();
    root.put("schemaVersion", 2);
    root.put(MEDIA_TYPE, "application/vnd.oci.image.manifest.v1+json");
    root.put(TYPE, type);
    root.putObject("config")
        .put(MEDIA_TYPE, type + ".config")
        .put(DIGEST, config)
        .put("size", configBytes);
    ArrayNode layers = root.putArray("layers");
    for (ModelFile file : files) {
      layers
          .addObject()
          .put(MEDIA_TYPE, "application/octet-stream")
          .put(DIGEST, "sha256:" + file.sha256())
          .put("size", file.size())
          .putObject("annotations")
          .put(TITLE, file.path());
    }
    return root.toString();
  }

  /**
   * Reads JSON.
   *
   * @throws InvalidModelException if it is none of a manifest
   */
  static OciManifest read(String place, String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(place + ": not JSON (expected: an OCI manifest)", e);
    }
    List<String> paths = new ArrayList<>();
    for (JsonNode layer : root.path("layers")) {
      paths.add(layer.path("annotations").path(TITLE).asText());
    }
    return new OciManifest(
        root.path(TYPE).asText(), root.path("config").path(DIGEST).asText(), paths);
  }
}
