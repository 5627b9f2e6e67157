// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"
)

// The vector that the libraries of Standard Webhooks test themselves with.
func TestSignPublishedVector(t *testing.T) {
	key, err := ParseKey([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	got := Sign([][]byte{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	want := http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Receivers that verify with the library of Standard Webhooks accept what is signed, with either of two keys, and nothing
// that was changed on the way.
func TestSignVerifiesWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), minKey, maxKey), 1, 2).Draw(t, "keys")
		id := rapid.StringMatching(`[0-9a-f-]{36}/[0-9]{1,19}`).Draw(t, "id")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(0, 7_258_118_400).Draw(t, "at"), 0)
		header := Sign(keys, id, at, body)
		for _, key := range keys {
			receiver, err := standardwebhooks.NewWebhookRaw(key)
			if err != nil {
				t.Fatal(err)
			}
			if err := receiver.VerifyIgnoringTimestamp(body, header); err != nil {
				t.Fatal(err)
			}
			if receiver.VerifyIgnoringTimestamp(append(bytes.Clone(body), ' '), header) == nil {
				t.Fatal("a changed body is accepted")
			}
			late := header.Clone()
			late.Set(HeaderTimestamp, "1")
			if at.Unix() != 1 && receiver.VerifyIgnoringTimestamp(body, late) == nil {
				t.Fatal("a changed time is accepted")
			}
		}
		stranger, err := standardwebhooks.NewWebhookRaw(append(bytes.Clone(keys[0]), 'x'))
		if err != nil {
			t.Fatal(err)
		}
		if stranger.VerifyIgnoringTimestamp(body, header) == nil {
			t.Fatal("another key is accepted")
		}
	})
}

func TestParseKey(t *testing.T) {
	bytesOf := func(count int) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, count)) }
	for name, tc := range map[string]struct {
		reason string
		text   string
		length int
		want   string
	}{
		"with prefix":       {"as providers of webhooks show it", "whsec_" + bytesOf(32), 32, ""},
		"without prefix":    {"as openssl rand -base64 32 prints it", bytesOf(32), 32, ""},
		"with a line break": {"as kubectl create secret --from-file stores it", "whsec_" + bytesOf(32) + "\r\n", 32, ""},
		"shortest":          {"the bound of Standard Webhooks", bytesOf(24), 24, ""},
		"longest":           {"the bound of Standard Webhooks", bytesOf(64), 64, ""},
		"too short":         {"it could be guessed", bytesOf(23), 0, "has 23 bytes"},
		"too long":          {"receivers refuse it", bytesOf(65), 0, "has 65 bytes"},
		"empty":             {"the library of Standard Webhooks accepts it", "", 0, "is empty"},
		"only the prefix":   {"a variable was not set", "whsec_\n", 0, "is empty"},
		"without padding":   {"the library cannot decode it", strings.TrimRight(bytesOf(32), "="), 0, "not valid base64"},
		"URL alphabet":      {"the library cannot decode it", strings.NewReplacer("+", "-", "/", "_").Replace(bytesOf(32)), 0, "not valid base64"},
		"plain text":        {"somebody chose a password", "correct horse battery staple", 0, "not valid base64"},
		"broken lines":      {"base64 broke the line, and the library of another language does not mend it", bytesOf(30)[:20] + "\n" + bytesOf(30)[20:], 0, "not valid base64"},
		"an asymmetric key": {"another kind of key of Standard Webhooks", "whsk_" + bytesOf(32), 0, "not valid base64"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := ParseKey([]byte(tc.text))
			switch {
			case tc.want == "" && (err != nil || len(key) != tc.length):
				t.Errorf("%s: got %d bytes and error %v, want %d", tc.reason, len(key), err, tc.length)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%s: got error %v, want one with %q", tc.reason, err, tc.want)
			}
		})
	}
}

// refusals are the errors, which have nothing of the key but its length.
var refusals = regexp.MustCompile(`^the signing key (is empty|is not valid base64|has [0-9]+ bytes): write whsec_ and the base64 of 24 to 64 ` +
	`random bytes(, with its padding)?$`)

// Whatever a Secret holds, a key has its length, is the one that the library reads, and is not in the error.
func FuzzParseKey(f *testing.F) {
	f.Add([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	f.Add([]byte(""))
	f.Add([]byte("whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"))
	f.Add([]byte("\xff\x00 not a key at all, and long enough to be one"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := ParseKey(text)
		if err != nil {
			if !refusals.MatchString(err.Error()) {
				t.Errorf("the error may repeat the key: %v", err)
			}
			return
		}
		if len(key) < minKey || len(key) > maxKey {
			t.Errorf("%q has %d bytes", text, len(key))
		}
		receiver, err := standardwebhooks.NewWebhook(string(bytes.TrimSpace(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.VerifyIgnoringTimestamp(text, Sign([][]byte{key}, "a/1", time.Unix(1, 0), text)); err != nil {
			t.Errorf("the library reads %q as another key: %v", text, err)
		}
	})
}
