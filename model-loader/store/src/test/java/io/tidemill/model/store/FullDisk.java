package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store whose every download ends half way, because there is no space for the rest. */
record FullDisk(ModelStore store) implements ModelStore {
  @Override
  public void download(ModelManifest manifest, Path target, TransferListener listener) {
    store.download(manifest, target, listener);
    Path last = target.resolve(manifest.files().get(0).path());
    try {
      Files.write(last, new byte[] {1, 2, 3});
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    throw new UnavailableHereException("no space left on device");
  }

  @Override
  public String uri() {
    return store.uri();
  }

  @Override
  public StorePolicy policy() {
    return store.policy();
  }

  @Override
  public ModelManifest push(ModelDraft draft, Path fileOrDirectory, TransferListener listener) {
    return store.push(draft, fileOrDirectory, listener);
  }

  @Override
  public Optional<ModelManifest> find(String name, SemanticVersion version) {
    return store.find(name, version);
  }

  @Override
  public ModelManifest manifest(String name, SemanticVersion version) {
    return store.manifest(name, version);
  }

  @Override
  public ModelVersion resolve(ModelRef ref) {
    return store.resolve(ref);
  }

  @Override
  public List<String> models() {
    return store.models();
  }

  @Override
  public List<SemanticVersion> versions(String name) {
    return store.versions(name);
  }

  @Override
  public void alias(String name, String alias, SemanticVersion version) {
    store.alias(name, alias, version);
  }

  @Override
  public SemanticVersion removeAlias(String name, String alias) {
    return store.removeAlias(name, alias);
  }

  @Override
  public Map<String, SemanticVersion> aliases(String name) {
    return store.aliases(name);
  }

  @Override
  public void delete(String name, SemanticVersion version) {
    store.delete(name, version);
  }

  @Override
  public List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    return store.verify(manifest, listener);
  }

  @Override
  public List<DetachedSignature> signatures(String name, SemanticVersion version) {
    return store.signatures(name, version);
  }

  @Override
  public void addSignature(String name, SemanticVersion version, DetachedSignature signature) {
    store.addSignature(name, version, signature);
  }
}
