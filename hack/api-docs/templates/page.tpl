{{- define "gvList" -}}
<!-- Made by "make generate" from api/v1alpha1. Edit the comments there. -->

# Reference of the API

{{ range . }}{{ template "group" . }}{{ end }}
{{- end -}}

{{- define "group" -}}
All kinds are of the group and version `{{ .GroupVersionString }}`. `kubectl explain` says the same of each field. A
field is optional unless it is marked as required. What one object can prove wrong alone is refused by the API server,
with one of the sentences below; what depends on other objects is a condition.

| kind | what it is |
|---|---|
{{- range .SortedKinds }}
{{- $type := $.TypeForKind . }}
| {{ markdownRenderTypeLink $type }} | {{ template "sentence" (regexReplaceAll "\n\n(.|\n)*" $type.Doc "") }} |
{{- end }}

## Kinds
{{ range .SortedKinds }}
{{- template "type" ($.TypeForKind .) }}
{{- end }}
## Types
{{ range .SortedTypes }}
{{- if not .GVK }}{{ template "type" . }}{{ end }}
{{- end }}
{{- end -}}
