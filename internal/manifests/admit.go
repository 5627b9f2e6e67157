// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/config/crd"
)

// Schemas are the kinds of Seatplane, as the API server knows them. They are safe for concurrent use.
type Schemas struct {
	kinds map[schema.GroupVersionKind]*kind
}

// kind is one kind in one version.
type kind struct {
	gvk        schema.GroupVersionKind
	namespaced bool
	validation *apiextensions.CustomResourceValidation
	// compile makes the rest, the first time that an object of the kind is seen.
	compile func() (*rules, error)
}

// rules are what an object of a kind is checked by.
type rules struct {
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	cel        *schemacel.Validator
}

// LoadSchemas reads the CustomResourceDefinitions of config/crd.
func LoadSchemas() (*Schemas, error) {
	s := &Schemas{kinds: map[schema.GroupVersionKind]*kind{}}
	definitions, err := crd.Definitions()
	if err != nil {
		return nil, err
	}
	for _, definition := range definitions {
		if err := s.load(definition); err != nil {
			return nil, fmt.Errorf("%s: %w", definition.Name, err)
		}
	}
	return s, nil
}

func (s *Schemas) load(definition *apiextensionsv1.CustomResourceDefinition) error {
	var internal apiextensions.CustomResourceDefinition
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, &internal, nil); err != nil {
		return err
	}
	for _, version := range definition.Spec.Versions {
		schemaOf, err := apiextensions.GetSchemaForVersion(&internal, version.Name)
		if err != nil {
			return err
		}
		k := &kind{
			gvk:        schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind},
			namespaced: definition.Spec.Scope == apiextensionsv1.NamespaceScoped,
			validation: schemaOf,
		}
		k.compile = sync.OnceValues(k.rules)
		s.kinds[k.gvk] = k
	}
	return nil
}

// rules compiles the schema and the CEL rules of a kind.
func (k *kind) rules() (*rules, error) {
	structural, err := structuralschema.NewStructural(k.validation.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	if err := defaulting.PruneDefaults(structural); err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(k.validation.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &rules{structural: structural, schema: validator, cel: schemacel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// IsOurs reports whether a kind is one of Seatplane's, in a version that is served.
func (s *Schemas) IsOurs(gvk schema.GroupVersionKind) bool { return s.kinds[gvk] != nil }

// Unserved returns the error of the API server for a kind or a version that Seatplane's API group does not have; nil for
// all other kinds, also those of other groups.
func (s *Schemas) Unserved(gvk schema.GroupVersionKind) error {
	if gvk.Group != v1alpha1.GroupName || s.IsOurs(gvk) {
		return nil
	}
	return fmt.Errorf("no matches for kind %q in version %q", gvk.Kind, gvk.GroupVersion())
}

// IsNamespaced reports whether objects of a kind of Seatplane's live in a namespace.
func (s *Schemas) IsNamespaced(gvk schema.GroupVersionKind) bool {
	return s.kinds[gvk] != nil && s.kinds[gvk].namespaced
}

// Admit checks a manifest as the API server would when it is applied: for an object that does not exist yet, or as a
// replacement of old. It returns the object with the schema's defaults, and without a status, which only the operator
// writes. The error says in the words of the API server why it would be refused.
func (s *Schemas) Admit(ctx context.Context, manifest, old *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	k := s.kinds[manifest.GroupVersionKind()]
	if k == nil {
		return nil, fmt.Errorf("no matches for kind %q in version %q", manifest.GetKind(), manifest.GetAPIVersion())
	}
	r, err := k.compile()
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", k.gvk.Kind, err)
	}
	object := manifest.DeepCopy()
	delete(object.Object, "status")
	if old != nil && old.Object["status"] != nil {
		object.Object["status"] = old.Object["status"] // rules of an edit look at it
		defer delete(object.Object, "status")
	}
	unknown := pruning.PruneWithOptions(object.Object, r.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		return nil, unknownFields(k.gvk, object.GetName(), unknown)
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, r.structural)
	defaulting.Default(object.Object, r.structural)
	errs := k.validate(ctx, r, object, old)
	if len(errs) > 0 {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), object.GetName(), errs)
	}
	return object, nil
}

// AdmitStatus checks an admitted manifest with a status, as the API server checks what the operator writes: a status that
// the operator cannot have written must not be computed with. It returns the object with the status. Fields that the schema
// does not have, such as those of another version, are left out.
func (s *Schemas) AdmitStatus(ctx context.Context, admitted *unstructured.Unstructured, status map[string]any) (*unstructured.Unstructured, error) {
	k := s.kinds[admitted.GroupVersionKind()]
	r, err := k.compile()
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", k.gvk.Kind, err)
	}
	object := admitted.DeepCopy()
	object.Object["status"] = status
	pruning.Prune(object.Object, r.structural, true)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, r.structural)
	if errs := k.validate(ctx, r, object, nil); len(errs) > 0 {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), object.GetName(), errs)
	}
	return object, nil
}

// unknownFields is the sentence about fields that the schema does not have, as with kubectl's strict validation.
func unknownFields(gvk schema.GroupVersionKind, name string, paths []string) error {
	var errs []error
	for _, path := range paths {
		errs = append(errs, fmt.Errorf("unknown field %q", path))
	}
	return fmt.Errorf("%s %q: %w", gvk.Kind, name, runtime.NewStrictDecodingError(errs))
}

func (k *kind) validate(ctx context.Context, r *rules, object, old *unstructured.Unstructured) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaAccessor(object, k.namespaced, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	var before any
	var options []schemacel.Option
	if old == nil {
		errs = append(errs, validation.ValidateCustomResource(nil, object.Object, r.schema)...)
	} else {
		correlated := common.NewCorrelatedObject(object.Object, old.Object, &model.Structural{Structural: r.structural})
		errs = append(errs, validation.ValidateCustomResourceUpdate(nil, object.Object, old.Object, r.schema, validation.WithRatcheting(correlated))...)
		before, options = old.Object, append(options, schemacel.WithRatcheting(correlated))
	}
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, r.structural, object.Object)...)
	if blocks(errs) {
		return append(errs, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; "+
			"correct the existing errors to complete validation"))
	}
	broken, _ := r.cel.Validate(ctx, nil, r.structural, object.Object, before, celconfig.RuntimeCELCostBudget, options...)
	return append(errs, broken...)
}

// blocks reports whether errors of the schema keep the API server from looking at CEL rules.
func blocks(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		default:
		}
	}
	return false
}
