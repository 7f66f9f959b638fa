/**
 * What a cluster of Kubernetes is told of a job: objects in YAML, made of the job's plan. It asks
 * no cluster and knows no command.
 */
@NullMarked
package io.tidemill.pipelines.kubernetes;

import org.jspecify.annotations.NullMarked;
