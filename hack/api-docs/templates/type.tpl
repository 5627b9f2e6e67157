{{- define "type" -}}
{{- if markdownShouldRenderType . }}
### {{ .Name }}

{{ .Doc }}
{{ if .EnumValues }}
| value | meaning |
|---|---|
{{ range .EnumValues }}| `{{ .Name }}` | {{ template "sentence" (regexReplaceAll "^\\w+ " .Doc "") }} |
{{ end }}
{{- else if .IsAlias }}
Type: {{ markdownRenderType .UnderlyingType }}<br>{{ template "bounds" (dict "Of" . "Elsewhere" list) }}
{{ else if index .Markers "kubebuilder:validation:XValidation" }}
Rules:
{{ range index .Markers "kubebuilder:validation:XValidation" }}
{{- /* One rule a field says no more than the sentence above. */ -}}
{{- if not (contains " is immutable, as all of" .Message) }}
- {{ .Message }}
{{- end }}
{{- end }}
{{ end }}
{{- if .References }}
Used by {{ range $i, $user := .SortedReferences }}{{ if $i }}, {{ end }}{{ markdownRenderTypeLink $user }}{{ end }}.
{{ end }}
{{- if .Members }}
| field | meaning | bounds |
|---|---|---|
{{ range .Members }}| `{{ .Name }}`<br>{{ template "typeOf" .Type }}{{ if has "Required: {}" .Validation }}<br>_required_{{ end }} |
{{- if eq .Name "metadata" }} Name, namespace, labels and annotations. |  |
{{ else }} {{ template "sentence" .Doc }} | {{ template "boundsOfField" . }} |
{{ end }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- /* Aliases of string in Go are strings to everybody else, and have no section of their own. */ -}}
{{- define "typeOf" -}}
{{- if has .Name (list "EntryName" "ExternalRef" "ObjectName" "TimeZone") }}string
{{- else }}{{ markdownRenderType . }}
{{- end }}
{{- end -}}

{{- /* A comment is wrapped where the code is; a table has no use for that. */ -}}
{{- define "sentence" -}}
{{ . | replace "\n" " " | trim | markdownRenderFieldDoc }}
{{- end -}}
