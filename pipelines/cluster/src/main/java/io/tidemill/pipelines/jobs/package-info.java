/**
 * Jobs on a cluster that runs: submitted, looked at, stopped, upgraded, rescaled. May import the
 * job, what it carries and the REST client; prints nothing.
 */
@NullMarked
package io.tidemill.pipelines.jobs;

import org.jspecify.annotations.NullMarked;
