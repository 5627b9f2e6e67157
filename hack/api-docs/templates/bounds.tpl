{{- /* A bound in words. Numbers come as floats: 1e+07. */ -}}
{{- define "bound" -}}
{{- $parts := splitn ": " 2 . }}
{{- $name := $parts._0 }}
{{- $value := $parts._1 }}
{{- if eq $name "MaxLength" }}at most {{ $value }} characters
{{- else if eq $name "MinLength" }}at least {{ $value }} characters
{{- else if eq $name "Maximum" }}at most {{ float64 $value | printf "%.0f" }}
{{- else if eq $name "Minimum" }}at least {{ float64 $value | printf "%.0f" }}
{{- else if eq $name "MaxItems" }}at most {{ $value }} entries
{{- else if eq . "MinItems: 1" }}at least one entry
{{- else if eq $name "MinItems" }}at least {{ $value }} entries
{{- else if eq $name "MaxProperties" }}at most {{ $value }} entries
{{- else if eq $name "Enum" }}one of {{ $value | trimAll "[]" | replace " " ", " }}
{{- else if eq $name "Pattern" }}matches {{ replace "|" "\\|" $value }}
{{- end }}
{{- end -}}

{{- /* What bounds a value: what the schema says, then the sentences of the rules that refuse it, without those
that stand elsewhere. */ -}}
{{- define "bounds" -}}
{{- $separator := "" }}
{{- range .Of.Validation }}
{{- if not (regexMatch "^(Required|Optional|Type|Schemaless|MinLength: 1$)" .) }}
{{- $separator }}{{ template "bound" . }}{{ $separator = "<br>" }}
{{- end }}
{{- end }}
{{- range index .Of.Markers "kubebuilder:validation:XValidation" }}
{{- if not (has .Message $.Elsewhere) }}
{{- $separator }}{{ markdownRenderFieldDoc .Message }}{{ $separator = "<br>" }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* A field has the rules of its type too, which stand where the type does. */ -}}
{{- define "boundsOfField" -}}
{{- $elsewhere := list }}
{{- if not (hasPrefix "k8s.io/" .Type.Package) }}
{{- range index .Type.Markers "kubebuilder:validation:XValidation" }}{{ $elsewhere = append $elsewhere .Message }}{{ end }}
{{- end }}
{{- template "bounds" (dict "Of" . "Elsewhere" $elsewhere) }}
{{- end -}}
