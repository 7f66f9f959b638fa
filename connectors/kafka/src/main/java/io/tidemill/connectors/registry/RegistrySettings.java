package io.tidemill.connectors.registry;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Where a registry is and how one is let in. Immutable.
 *
 * @param urls of one registry, without credentials; the next is asked where one does not answer
 * @param authorization the header of that name, or null
 * @param keys what shows who asks, or null
 * @param trusted whom to believe, or null for those that Java believes
 */
record RegistrySettings(
    List<String> urls,
    @Nullable String authorization,
    @Nullable Store keys,
    @Nullable Store trusted)
    implements Serializable {
  /** A file of keys or certificates, as JKS or PKCS12. */
  record Store(String path, @Nullable String password) implements Serializable {
    KeyStore load() throws RegistryException {
      try (InputStream in = new FileInputStream(path)) {
        // Either type reads both.
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(in, characters());
        return store;
      } catch (IOException | GeneralSecurityException e) {
        throw new RegistryException(
            "schema registry: '%s' cannot be read: %s (expected: a JKS or PKCS12 file and its password)"
                .formatted(path, e.getMessage()),
            e);
      }
    }

    char @Nullable [] characters() {
      return password == null ? null : password.toCharArray();
    }
  }

  RegistrySettings {
    urls = List.copyOf(urls);
  }

  /** Empty where Java's own will do. */
  Optional<SSLContext> tls() throws RegistryException {
    if (keys == null && trusted == null) {
      return Optional.empty();
    }
    try {
      KeyManagerFactory own = null;
      if (keys != null) {
        own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys.load(), keys.characters());
      }
      TrustManagerFactory others = null;
      if (trusted != null) {
        others = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        others.init(trusted.load());
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own == null ? null : own.getKeyManagers(),
          others == null ? null : others.getTrustManagers(),
          null);
      return Optional.of(context);
    } catch (GeneralSecurityException e) {
      throw new RegistryException(
          "schema registry: no TLS with " + this + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return String.join(", ", urls);
  }
}
