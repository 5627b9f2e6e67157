// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// Argument is the command-line argument that makes a program that calls Main a loader process. It names Seatplane,
	// because programs of others can run loader processes, and may have a command called loader.
	Argument = "seatplane-loader"
	// DefaultMemory limits a loader process in bytes.
	DefaultMemory = 256 << 20
	// MinMemory is the least memory that a loader process needs to run, in bytes.
	MinMemory = 96 << 20
	// Grace is how long a loader process may continue after its job's timeout to report it, before it
	// is killed.
	Grace = 3 * time.Second
	// pipeDelay bounds the wait for a pipe after its process has ended.
	pipeDelay = time.Second
	// maxLastWords bounds how much of a loader process's standard error is kept, in bytes.
	maxLastWords = 8 << 10
)

// ProcessOptions configure how loader processes are run.
type ProcessOptions struct {
	// Command is the command to run: a path and its arguments. Defaults to this program with
	// Argument.
	Command []string
	// Memory limits what one loader process may allocate, in bytes. The kernel enforces it if it can
	// (Linux). Defaults to DefaultMemory.
	Memory int64
}

// Process is a Runner that runs each job in a separate process.
type Process struct {
	command []string
	memory  int64
	deaths  *prometheus.CounterVec
}

var _ Runner = (*Process)(nil)

// NewProcess returns a runner. The program that it runs must call Main if its argument is Argument.
func NewProcess(options ProcessOptions) *Process {
	p := &Process{command: options.Command, memory: options.Memory, deaths: newDeaths()}
	if len(p.command) == 0 {
		p.command = []string{thisProgram(), Argument}
	}
	if p.memory == 0 {
		p.memory = DefaultMemory
	}
	return p
}

func newDeaths() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_loader_deaths_total",
		Help: "Loader processes that ended without an answer, by cause: memory, time, or crash.",
	}, []string{"cause"})
}

// Collector returns the runner's metrics.
func (p *Process) Collector() prometheus.Collector { return p.deaths }

// thisProgram returns a path of the running program that is valid even after its file was replaced.
func thisProgram() string {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// Run implements Runner. When the context ends, the process is killed at once.
func (p *Process) Run(ctx context.Context, job Job) (dataloader.Answer, error) {
	source, err := job.Source.reveal()
	if err != nil {
		return dataloader.Answer{}, p.failed(job, "crash", nil)
	}
	limited, cancel := context.WithTimeoutCause(ctx, job.Timeout+Grace, errTimeout)
	defer cancel()
	answer, death, err := p.talkFor(limited, job, order{
		Kind: job.Kind, Timeout: job.Timeout, Memory: p.memory, Folders: job.Folders, Keys: job.Keys, Source: source,
	})
	switch failure, isFailure := errors.AsType[*dataloader.Failure](err); {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return dataloader.Answer{}, ctx.Err()
	case isFailure:
		return dataloader.Answer{}, scrubbed(failure, job.Secrets)
	case errors.Is(context.Cause(limited), errTimeout):
		p.deaths.WithLabelValues("time").Inc()
		return dataloader.Answer{}, timedOut(job.Timeout)
	case death.isOfMemory(p.memory):
		return dataloader.Answer{}, p.failed(job, "memory", death.lastWords)
	default:
		return dataloader.Answer{}, p.failed(job, "crash", death.lastWords)
	}
}

// talkFor is talk with a time limit. A process that even SIGKILL does not end, because it waits for a
// file system that does not answer, is abandoned.
func (p *Process) talkFor(ctx context.Context, job Job, o order) (dataloader.Answer, death, error) {
	type said struct {
		answer dataloader.Answer
		death  death
		err    error
	}
	ended := make(chan said, 1)
	go func() {
		answer, death, err := p.talk(ctx, job, o)
		ended <- said{answer, death, err}
	}()
	select {
	case got := <-ended:
		return got.answer, got.death, got.err
	case <-ctx.Done():
	}
	select {
	case got := <-ended:
		return got.answer, got.death, got.err
	case <-time.After(2 * pipeDelay):
		return dataloader.Answer{}, death{}, errTimeout
	}
}

// talk starts a loader process, sends the order, and reads the answer. The process has ended when talk
// returns.
func (p *Process) talk(ctx context.Context, job Job, o order) (dataloader.Answer, death, error) {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = []string{}, "/", pipeDelay
	cmd.SysProcAttr = apart()
	lastWords := &firstBytes{limit: maxLastWords}
	cmd.Stderr = lastWords
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return dataloader.Answer{}, death{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return dataloader.Answer{}, death{}, err
	}
	if err := cmd.Start(); err != nil {
		return dataloader.Answer{}, death{notStarted: true, lastWords: []byte(err.Error())}, err
	}
	var sending sync.WaitGroup
	// The pipe stays open. The loader process ends when the pipe is closed, which also happens when
	// the manager dies.
	sending.Go(func() { _ = writeJSON(stdin, frameOrder, o) })
	answer, err := receive(stdout, job.Wanted)
	if err == nil || isFailure(err) {
		// The answer is complete, so do not wait for the process to end by itself.
		kill()
	}
	if errors.Is(err, errFrame) || errors.Is(err, errTooMuch) {
		kill()
	}
	_ = stdin.Close()
	sending.Wait()
	_ = cmd.Wait()
	return answer, death{lastWords: lastWords.bytes(), peak: peakMemory(cmd.ProcessState)}, err
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*dataloader.Failure](err)
	return ok
}

// scrubbed returns a failure without the job's secrets, in case the loader process did not remove
// them.
func scrubbed(failure *dataloader.Failure, secrets []string) error {
	clean := dataloader.Failf(failure.Reason, "%s", dataloader.Scrub(failure.Message, secrets...))
	clean.Detail = withoutAddresses(dataloader.Scrub(failure.Detail, secrets...))
	return clean
}

// address matches an IP address, with or without a port.
var address = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b|\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%\w+)?\](:\d+)?`)

// withoutAddresses removes the addresses of servers from a text of a source or the network. The network
// appends them to the names that are scrubbed, and more people may read a log than the Secret.
func withoutAddresses(text string) string { return address.ReplaceAllString(text, "[address]") }

// failed is the failure of a load whose process ended without an answer.
func (p *Process) failed(job Job, cause string, lastWords []byte) error {
	p.deaths.WithLabelValues(cause).Inc()
	failure := dataloader.Failf(dataloader.ReasonSourceError,
		"the data source's answer could not be processed: the loader process ended unexpectedly; the operator's log has details")
	if cause == "memory" {
		failure = dataloader.Failf(dataloader.ReasonSourceError,
			"the data source's answer could not be processed: it needed more than %d MiB", p.memory>>20)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(lastWords)), "\n")
	failure.Detail = withoutAddresses(dataloader.Scrub(line, job.Secrets...))
	return failure
}

// death describes how a loader process ended.
type death struct {
	// lastWords is the beginning of its standard error.
	lastWords []byte
	// peak is its peak memory, in bytes, or 0 if unknown.
	peak int64
	// notStarted means that the process never started. Then a missing resource is not the process's
	// own.
	notStarted bool
}

// isOfMemory reports whether a process ended because it had no memory left. Go's runtime says so, or
// crashes during an allocation when the process is close to its limit.
func (d death) isOfMemory(limit int64) bool {
	if d.notStarted {
		return false
	}
	if d.peak > limit/10*8 && !bytes.HasPrefix(d.lastWords, []byte("panic:")) {
		return true
	}
	for _, words := range []string{"out of memory", "cannot allocate memory", "makeslice: len out of range", "makeslice: cap out of range"} {
		if bytes.Contains(d.lastWords, []byte(words)) {
			return true
		}
	}
	return false
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct {
	mu    sync.Mutex
	limit int
	kept  []byte
}

var _ io.Writer = (*firstBytes)(nil)

// Write implements io.Writer. It takes everything.
func (f *firstBytes) Write(said []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, said[:min(len(said), f.limit-len(f.kept))]...)
	return len(said), nil
}

func (f *firstBytes) bytes() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Clone(f.kept)
}
