using System.Reflection;

namespace Weir.Formats.Bcl;

/// <summary>The version of the running code, with the commit where the build knew it: <c>0.1.0+abc1234</c>.</summary>
public static class CodeVersion
{
    public static string Current { get; } = typeof(CodeVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
