{{- define "type" -}}
{{- /* A Go alias is of a kind that the tool has no name for; all of ours are strings. */ -}}
{{- $alias := eq (printf "%d" .Kind) "8" }}
{{- if or $alias (markdownShouldRenderType .) }}
### {{ .Name }}

{{ .Doc }}
{{ if .EnumValues }}
| value | meaning |
|---|---|
{{ range .EnumValues }}| `{{ .Name }}` | {{ template "sentence" (regexReplaceAll "^\\w+ " .Doc "") }} |
{{ end }}
{{- else if or $alias .IsAlias }}
Type: {{ if $alias }}string{{ else }}{{ markdownRenderType .UnderlyingType }}{{ end }}<br>{{ template "bounds" (dict "Of" . "Elsewhere" list) }}
{{ else if index .Markers "kubebuilder:validation:XValidation" }}
Rules:
{{ $said := list }}
{{- range index .Markers "kubebuilder:validation:XValidation" }}
{{- /* One rule a field says no more than the sentence above, and one may take several rules to say. */ -}}
{{- if not (or (contains " is immutable, like everything in" .Message) (has .Message $said)) }}
- {{ .Message }}
{{- $said = append $said .Message }}
{{- end }}
{{- end }}
{{ end }}
{{- if .References }}
Used by {{ range $i, $user := .SortedReferences }}{{ if $i }}, {{ end }}{{ markdownRenderTypeLink $user }}{{ end }}.
{{ end }}
{{- if .Members }}
| field | meaning | bounds |
|---|---|---|
{{ range .Members }}| `{{ .Name }}`<br>{{ markdownRenderType .Type }}{{ if has "Required: {}" .Validation }}<br>_required_{{ end }} |
{{- if eq .Name "metadata" }} Name, namespace, labels and annotations. |  |
{{ else }} {{ template "sentence" .Doc }} | {{ template "boundsOfField" . }} |
{{ end }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- /* A comment is wrapped where the code is; a table has no use for that. */ -}}
{{- define "sentence" -}}
{{ . | replace "\n" " " | trim | markdownRenderFieldDoc }}
{{- end -}}
