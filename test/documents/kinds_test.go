// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	api "github.com/seatplane/seatplane/api/v1alpha1"
)

// kindPage is what the page of a kind has to explain.
type kindPage struct {
	file       string
	conditions []string
	reasons    []string
}

func (p kindPage) hasCondition(name string) bool { return slices.Contains(p.conditions, name) }

func (p kindPage) hasReason(name string) bool { return slices.Contains(p.reasons, name) }

var policyPage = kindPage{
	file:       "docs/kinds/prorationpolicy.md",
	conditions: []string{api.ConditionReady, api.ConditionStalled},
	reasons:    []string{api.ReasonReconciled, api.ReasonExternalRefConflict},
}

// pageOf names the page of each kind, with the conditions and reasons that objects of the kind can have.
var pageOf = map[string]kindPage{
	"ProrationPolicy":        policyPage,
	"ClusterProrationPolicy": policyPage,
	"SeatProduct": {
		file:       "docs/kinds/seatproduct.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling, api.ConditionStalled, api.ConditionLoaded},
		reasons: []string{
			api.ReasonReconciled, api.ReasonProgressing, api.ReasonRefreshed, api.ReasonSourceUnreachable, api.ReasonSourceError,
			api.ReasonEmptyResult, api.ReasonBadCounts, api.ReasonSecretNotFound, api.ReasonSecretNotAllowed,
			api.ReasonInvalidSchedule, api.ReasonInvalidExpression, api.ReasonSuspended, api.ReasonCommitRefused,
			api.ReasonUpdateNameTaken,
		},
	},
	"Subscription": {
		file: "docs/kinds/subscription.md",
		conditions: []string{
			api.ConditionReady, api.ConditionReconciling, api.ConditionStalled, api.ConditionInSync,
			api.ConditionSeatsWithinLimits, api.ConditionSeatsCurrent, api.ConditionUsageWithinLimits,
		},
		reasons: []string{
			// Ready
			api.ReasonReconciled, api.ReasonProgressing, api.ReasonProductNotFound, api.ReasonPlanNotFound, api.ReasonPolicyNotReady,
			api.ReasonMixedCurrency, api.ReasonMixedInterval, api.ReasonInvalidTimeZone, api.ReasonInvalidTrial,
			api.ReasonWaitingForSeats, api.ReasonClockNotFound, api.ReasonStartTimeInPast, api.ReasonPredecessorFound,
			api.ReasonBelowMinimum, api.ReasonAboveMaximum, api.ReasonDuplicateKey, api.ReasonSuspended, api.ReasonCanceled,
			api.ReasonParked, api.ReasonEffectsOwed, api.ReasonInvoiceNameTaken, api.ReasonBilledUntilTooLate,
			api.ReasonBilledUntilNotABoundary, api.ReasonAmountTooLarge, api.ReasonTooManyLines, api.ReasonCommitRefused,
			api.ReasonUpdateNameTaken, api.ReasonImporting, api.ReasonForeignStatus, api.ReasonArchiveAhead,
			// InSync
			api.ReasonInSync, api.ReasonChangedByUpdate, api.ReasonScheduled, api.ReasonSeatsAssigned, api.ReasonInvalidItems,
			api.ReasonCurrencyChange, api.ReasonIntervalChangeNeedsReset,
			// SeatsWithinLimits, SeatsCurrent, UsageWithinLimits
			api.ReasonWithinLimits, api.ReasonCurrent, api.ReasonBadCounts, api.ReasonKeyMissing, api.ReasonSoftLimitReached,
			api.ReasonTrialUsageLimitReached, api.ReasonHardLimitReached, api.ReasonReadingWentBack, api.ReasonNotMetered,
		},
	},
	"SubscriptionUpdate": {
		file:       "docs/kinds/subscriptionupdate.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling, api.ConditionStalled, api.ConditionApplied},
		reasons: []string{
			api.ReasonApplied, api.ReasonScheduled, api.ReasonAwaitingApproval, api.ReasonNotStarted, api.ReasonPreviewed,
			api.ReasonSubscriptionNotFound, api.ReasonUnknownItem, api.ReasonDeclaredInSpec, api.ReasonLoadedFromSource,
			api.ReasonBelowMinimum, api.ReasonAboveMaximum, api.ReasonSeatsAssigned, api.ReasonEffectiveTimeInClosedPeriod,
			api.ReasonEffectiveTimeAfterPeriod, api.ReasonEffectiveTimeBeforeLastChange, api.ReasonIntervalChangeNeedsReset,
			api.ReasonCurrencyChange, api.ReasonInvalidItems, api.ReasonInvalidCause, api.ReasonSubscriptionCanceled,
			api.ReasonPreviewOutdated, api.ReasonAmountTooLarge, api.ReasonTooManyLines,
			api.ReasonSupersededBySpec, api.ReasonSupersededByRefresh,
			// what holds the subscription up
			api.ReasonProductNotFound, api.ReasonPlanNotFound, api.ReasonPolicyNotReady, api.ReasonWaitingForSeats,
			api.ReasonSuspended, api.ReasonParked,
		},
	},
	"SeatAssignment": {
		file:       "docs/kinds/seatassignment.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling, api.ConditionStalled, api.ConditionAssigned},
		reasons: []string{
			api.ReasonAssigned, api.ReasonWaitingForSeat, api.ReasonDuplicateHolder, api.ReasonUnknownItem,
			api.ReasonSubscriptionNotFound, api.ReasonSubscriptionCanceled,
		},
	},
	"Invoice": {
		file:       "docs/kinds/invoice.md",
		conditions: []string{api.ConditionPaid, api.ConditionVoid, api.ConditionArchived},
		reasons:    []string{api.ReasonArchived},
	},
	"TestClock": {
		file:       "docs/kinds/testclock.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling},
		reasons:    []string{api.ReasonReconciled, api.ReasonProgressing},
	},
	"Archive": {
		file:       "docs/kinds/archive.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling, api.ConditionStalled},
		reasons: []string{
			api.ReasonArchiving, api.ReasonDatabaseUnreachable, api.ReasonDatabaseError, api.ReasonSecretNotFound,
			api.ReasonSecretNotAllowed, api.ReasonRecordDiffers, api.ReasonInvalidSelector, api.ReasonCommitRefused,
		},
	},
	"EventSink": {
		file:       "docs/kinds/eventsink.md",
		conditions: []string{api.ConditionReady, api.ConditionReconciling, api.ConditionStalled},
		reasons: []string{
			api.ReasonDelivering, api.ReasonDeliveryFailing, api.ReasonDeadLettered, api.ReasonDisabled, api.ReasonGone,
			api.ReasonInvalidURL, api.ReasonHostNotAllowed, api.ReasonSecretNotFound, api.ReasonSecretNotAllowed,
			api.ReasonBadSigningKey, api.ReasonTooManySinks,
		},
	},
}

// Every condition and reason of the API belongs to a kind, so that a page has to explain it.
func TestConditionsBelongToKinds(t *testing.T) {
	report(t, homeless(project, "api/v1alpha1", slices.Collect(maps.Values(pageOf))))
}

// homeless finds the constants of a package that are conditions or reasons and on no page.
func homeless(files fs.FS, folder string, pages []kindPage) []problem {
	sources, err := fs.Glob(files, path.Join(folder, "*.go"))
	if err != nil {
		return []problem{{folder, 1, err.Error()}}
	}
	var problems []problem
	for _, file := range sources {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return []problem{{file, 1, err.Error()}}
		}
		for _, c := range constants(file, text) {
			if !slices.ContainsFunc(pages, func(p kindPage) bool { return p.hasCondition(c.value) || p.hasReason(c.value) }) {
				problems = append(problems, problem{file, c.line, fmt.Sprintf("no kind has the condition or reason %s: "+
					"add it to pageOf in test/documents, and explain it on the page", c.value)})
			}
		}
	}
	return problems
}

// constant is one of the API's, by its value.
type constant struct {
	line  int
	value string
}

// constants returns the constants Condition… and Reason… of a file.
func constants(file string, text []byte) []constant {
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil // the compiler says what is wrong
	}
	var found []constant
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name := spec.Names[0].Name
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if ok && (strings.HasPrefix(name, "Condition") || strings.HasPrefix(name, "Reason")) {
			found = append(found, constant{positions.Position(spec.Pos()).Line, strings.Trim(literal.Value, `"`)})
		}
		return true
	})
	return found
}
