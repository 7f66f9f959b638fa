/**
 * What is wrong with something that a person wrote, where, and what was probably meant. May import
 * the JDK and commons-text; every room of connectors and pipelines may import it.
 */
@NullMarked
package io.tidemill.connectors.problem;

import org.jspecify.annotations.NullMarked;
