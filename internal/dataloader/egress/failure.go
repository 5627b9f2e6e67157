// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// failure explains in one sentence what went wrong. Texts of the network go into the Detail only, because
// they contain addresses and ports, which change from one attempt to the next and which not everyone may
// know.
func (e *Endpoint) failure(ctx context.Context, err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	reason, sentence := e.describe(ctx, err)
	failure := dataloader.Failf(reason, "%s", sentence)
	failure.Detail = e.Scrub(cause(err).Error())
	return failure
}

// cause returns an error without the URL of its request, whose query may hold a secret.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

func (e *Endpoint) describe(ctx context.Context, err error) (dataloader.Reason, string) {
	server := strconv.Quote(e.URL.Host)
	switch {
	case errors.Is(err, errRedirects):
		return dataloader.ReasonSourceError, "the server " + server + " redirects more than 3 times: use the final address as url"
	case errors.Is(err, errRedirectPOST):
		return dataloader.ReasonSourceError, "the server " + server + " redirects a POST request: use the address that it redirects to as url"
	case errors.Is(err, errPlain), errors.Is(err, errRedirectTo):
		return dataloader.ReasonSourceError, "the server " + server + " redirects to an address that is not https"
	case ctx.Err() != nil:
		return dataloader.ReasonSourceError, "the server " + server + " had not answered when the load was ended"
	case errors.Is(err, errIncomplete):
		return dataloader.ReasonSourceError, "the server " + server + " closed the connection in the middle of its answer"
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return dataloader.ReasonSourceError, e.whom(err) + " is not trusted: " + describeCertificate(certificate)
	}
	// One sentence covers everything that can go wrong below HTTP: a port that is closed, silent or uses
	// another protocol, a name that does not exist, or an address that is denied. With more than one, a
	// SeatProduct would be a port scanner (trust.md#egress).
	return dataloader.ReasonSourceUnreachable, e.whom(err) +
		" cannot be reached over HTTP: check its name and port; servers that are not public need the operator's flag --loader-allowed-networks"
}

// whom names the server that an error is about.
func (e *Endpoint) whom(err error) string {
	server := strconv.Quote(e.URL.Host)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if at, err := url.Parse(failed.URL); err != nil || at.Host != e.URL.Host {
			return "the server that " + server + " redirects to"
		}
	}
	return "the server " + server
}

func describeCertificate(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by an unknown authority: name the authority's certificate in caSecretRef"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "its certificate has expired or is not valid yet"
	}
	return "its certificate is not valid"
}

// Refused returns why an answer cannot be used because of its status, or nil if the status is 200. It repeats
// nothing from the answer.
func (e *Endpoint) Refused(status int) *dataloader.Failure {
	var sentence string
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		sentence = "denied access (status %d): check the token that bearerTokenSecretRef names"
	case status == http.StatusNotFound || status == http.StatusGone:
		sentence = "has nothing at this address (status %d): check the url"
	case status == http.StatusMethodNotAllowed:
		sentence = "does not accept this method (status %d): check method and url"
	case status == http.StatusTooManyRequests:
		sentence = "answered that it receives too many requests (status %d): the operator tries again later"
	case status == http.StatusPartialContent || status == http.StatusNoContent:
		sentence = "did not send the whole answer (status %d)"
	case status >= http.StatusInternalServerError:
		sentence = "answered with an internal error (status %d)"
	default:
		sentence = "answered with status %d instead of 200"
	}
	return dataloader.Failf(dataloader.ReasonSourceError, "the server %q "+sentence, e.URL.Host, status)
}
