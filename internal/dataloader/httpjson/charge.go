// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// perStep is how many characters, or how many elements that are only inspected, count as one step.
const perStep = 10

// charge charges for a call before it is made.
func (m *meter) charge(name string, arguments []ref.Val) {
	m.spend(1)
	switch name {
	case operators.Equals, operators.NotEquals:
		m.chargeEqual(arguments[0], arguments[1])
	case operators.In:
		m.chargeIn(arguments[0], arguments[1])
	case operators.Add:
		m.chargeAdd(arguments[0], arguments[1])
	case overloads.Size:
		// Only the characters of a text are counted one by one.
		m.spend(length(arguments[0]) / perStep)
	case overloads.TypeConvertString, overloads.TypeConvertBytes:
		m.spend(length(arguments[0]) / perStep)
		m.produce(length(arguments[0]))
	default:
		for _, argument := range arguments {
			m.spend((length(argument) + elements(argument)) / perStep)
		}
	}
}

// chargeEqual charges for a comparison: one step for each pair of values in it, and the characters of texts.
func (m *meter) chargeEqual(a, b ref.Val) {
	m.spend(1 + min(length(a), length(b))/perStep)
	if optionalA, ok := a.(*types.Optional); ok {
		if optionalB, ok := b.(*types.Optional); ok && optionalA.HasValue() && optionalB.HasValue() {
			m.chargeEqual(optionalA.GetValue(), optionalB.GetValue())
		}
		return
	}
	if listA, ok := a.(traits.Lister); ok {
		if listB, ok := b.(traits.Lister); ok && listA.Size() == listB.Size() {
			m.chargeLists(listA, listB)
		}
		return
	}
	if mapA, ok := a.(traits.Mapper); ok {
		if mapB, ok := b.(traits.Mapper); ok && mapA.Size() == mapB.Size() {
			m.chargeMaps(mapA, mapB)
		}
	}
}

func (m *meter) chargeLists(a, b traits.Lister) {
	for n := range elements(a) {
		m.chargeEqual(a.Get(types.Int(n)), b.Get(types.Int(n)))
	}
}

func (m *meter) chargeMaps(a, b traits.Mapper) {
	m.spend(elements(a))
	for keys := a.Iterator(); keys.HasNext() == types.True; {
		key := keys.Next()
		value, _ := a.Find(key)
		if other, found := b.Find(key); found {
			m.chargeEqual(value, other)
		}
	}
}

// chargeIn charges for a search. In a list, all of its elements may be compared. A map finds a key at once.
func (m *meter) chargeIn(wanted, container ref.Val) {
	list, ok := container.(traits.Lister)
	if !ok {
		m.spend(length(wanted) / perStep)
		return
	}
	for n := range elements(list) {
		m.chargeEqual(wanted, list.Get(types.Int(n)))
	}
}

// chargeAdd charges for a sum. Two texts become a new one. The list in which a macro collects its results
// appends the elements of the other list in place. Any other two lists become a view of both. The elements of
// a view count too, because it can have many more elements than there are values.
func (m *meter) chargeAdd(a, b ref.Val) {
	if _, gathering := a.(traits.MutableLister); gathering {
		m.spend(elements(b))
		m.produce(elements(b) * referenceBytes)
		return
	}
	m.spend((length(a) + length(b) + elements(a) + elements(b)) / perStep)
	m.produce(listBytes + length(a) + length(b))
}

// length returns the length of a text in bytes, or 0 for another value.
func length(value ref.Val) uint64 {
	switch value := value.(type) {
	case types.String:
		return uint64(len(value))
	case types.Bytes:
		return uint64(len(value))
	default:
		return 0
	}
}

// elements returns the number of elements or entries of a list or map, or 0 for another value.
func elements(value ref.Val) uint64 {
	var size ref.Val
	switch value := value.(type) {
	case traits.Lister:
		size = value.Size()
	case traits.Mapper:
		size = value.Size()
	}
	number, ok := size.(types.Int)
	if !ok || number < 0 {
		return 0
	}
	return uint64(number)
}
