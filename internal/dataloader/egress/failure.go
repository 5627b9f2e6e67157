// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// failure says in a sentence what went wrong. What the network says is never repeated: it holds
// addresses and ports, which change from one attempt to the next and are not for everyone to know.
func (e *Endpoint) failure(ctx context.Context, err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	reason, sentence := e.describe(ctx, err)
	return dataloader.Failf(reason, "%s", sentence)
}

func (e *Endpoint) describe(ctx context.Context, err error) (dataloader.Reason, string) {
	server := strconv.Quote(e.URL.Host)
	switch {
	case errors.Is(err, errDenied):
		return dataloader.ReasonSourceUnreachable, e.whom(err) +
			" has an address in a network that data loaders may not reach: the operator's flag --loader-allowed-networks allows networks that are not public"
	case errors.Is(err, errRedirects):
		return dataloader.ReasonSourceError, "the server " + server + " redirects more than 3 times: write the address that it ends at"
	case errors.Is(err, errRedirectPOST):
		return dataloader.ReasonSourceError, "the server " + server + " redirects what is sent to it by POST: write the address that it redirects to"
	case errors.Is(err, errPlain), errors.Is(err, errRedirectTo):
		return dataloader.ReasonSourceError, "the server " + server + " redirects to an address that is not https"
	}
	if reason, what := describeConnection(err); what != "" {
		return reason, e.whom(err) + " " + what
	}
	if errors.Is(context.Cause(ctx), errTimeout) {
		return dataloader.ReasonSourceError, "the server " + server + " took longer than " + seconds(e.timeout) + " to answer"
	}
	return dataloader.ReasonSourceError, "the server " + server + " broke the connection off, or answered with something that is not HTTP"
}

// whom names the server that an error is about.
func (e *Endpoint) whom(err error) string {
	server := strconv.Quote(e.URL.Host)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if at, err := url.Parse(failed.URL); err != nil || at.Host != e.URL.Host {
			return "the server to which " + server + " redirects"
		}
	}
	return "the server " + server
}

// describeConnection says why there is no connection; "" when there was one.
func describeConnection(err error) (dataloader.Reason, string) {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return dataloader.ReasonSourceUnreachable, "has no address: its name cannot be resolved"
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return dataloader.ReasonSourceError, "is not trusted: " + describeCertificate(certificate)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return dataloader.ReasonSourceError, "does not speak TLS"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return dataloader.ReasonSourceError, "refuses a TLS connection"
	}
	switch operation, ok := errors.AsType[*net.OpError](err); {
	case errors.Is(err, syscall.ECONNREFUSED):
		return dataloader.ReasonSourceUnreachable, "refuses connections"
	case ok && operation.Op == "dial":
		return dataloader.ReasonSourceUnreachable, "cannot be reached"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return dataloader.ReasonSourceError, "broke off in the middle of its answer"
	}
	return "", ""
}

func describeCertificate(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by an authority that is not known: name the authority's certificate in caSecretRef"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "its certificate has expired or is not valid yet"
	}
	return "its certificate is not valid"
}

func seconds(d time.Duration) string { return d.Truncate(time.Second).String() }

// Refused returns why an answer is none, by its status; nil when the status is 200. Nothing of the
// answer itself is repeated.
func (e *Endpoint) Refused(status int) *dataloader.Failure {
	var sentence string
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		sentence = "that it does not let the operator in (status %d): check the token that bearerTokenSecretRef names"
	case status == http.StatusNotFound || status == http.StatusGone:
		sentence = "that there is nothing at this address (status %d): check the url"
	case status == http.StatusMethodNotAllowed:
		sentence = "that it does not take this method (status %d)"
	case status == http.StatusTooManyRequests:
		sentence = "that it is asked too often (status %d): it is asked again later"
	case status == http.StatusPartialContent || status == http.StatusNoContent:
		sentence = "without the whole of an answer (status %d)"
	case status >= http.StatusInternalServerError:
		sentence = "with an error of its own (status %d)"
	default:
		sentence = "with status %d, where 200 is wanted"
	}
	return dataloader.Failf(dataloader.ReasonSourceError, "the server %q answers "+sentence, e.URL.Host, status)
}
